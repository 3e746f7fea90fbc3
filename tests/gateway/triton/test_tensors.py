import numpy as np
import pytest
from tritonclient.grpc import InferResult

from gateway.triton.tensors import Outputs, blob, fp32, infer_request, int32
from tests.gateway.fake_triton import labels, response


def test_tensors_are_in_tritons_raw_form() -> None:
    assert fp32("iou", 0.5).raw == np.array([0.5], "<f4").tobytes()
    assert int32("classes", 1, -2) == ("classes", "INT32", 2, np.array([1, -2], "<i4").tobytes())
    assert blob("image", b"abc").raw == b"\x03\x00\x00\x00abc"


def test_request() -> None:
    request = infer_request("detect", [blob("image", b"x"), fp32("iou", 0.5)], request_id="id", timeout_s=1.5)
    assert [(tensor.name, tensor.datatype, list(tensor.shape)) for tensor in request.inputs] == [
        ("image", "BYTES", [1]),
        ("iou", "FP32", [1]),
    ]
    assert request.parameters["timeout"].int64_param == 1_500_000
    assert (request.model_name, request.id, len(request.raw_input_contents)) == ("detect", "id", 2)


def test_outputs_are_what_tritons_own_client_reads() -> None:
    message = response(fp32("scores", 0.1, 0.9), int32("class_ids", 7, -1), labels("bus", "čaj", ""))
    outputs, theirs = Outputs(message), InferResult(message)
    assert outputs.floats("scores") == theirs.as_numpy("scores").tolist()
    assert outputs.ints("class_ids") == theirs.as_numpy("class_ids").tolist()
    assert outputs.strings("labels") == [text.decode() for text in theirs.as_numpy("labels")]


def test_nothing_found() -> None:
    outputs = Outputs(response(fp32("boxes"), labels()))
    assert (outputs.floats("boxes"), outputs.strings("labels")) == ([], [])


def test_an_output_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        Outputs(response()).ints("image_size")
