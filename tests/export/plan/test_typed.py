"""Typed graphs of the real models, in the environment that makes them: types where they belong, answers that stay."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from tests.export.conftest import environment
from tests.repositories import EXPORT_PYTHON, ROOT

TYPE_AND_RUN = """
import sys
import numpy as np, onnx
from export.catalog import MODELS
from export.pixels import pictures
from export.sandbox import sandbox

source, name, precision, target = sys.argv[1:]
side = MODELS[name].image_size
with sandbox():
    from export.plan.square import at_square
    from export.plan.typed import typed_graph
    from export.runners import onnx_runtime

    square = at_square(onnx.load(source), MODELS[name])
    typed = typed_graph(square, precision, [each[None] for each in pictures(4, side, side)])
    onnx.save(typed, f"{target}.onnx")
    answers = (onnx_runtime(model)(pictures(3, side, side)) for model in (typed.SerializeToString(), source))
    np.savez(f"{target}.npz", **dict(zip(("typed", "before"), answers)))
"""

Typed = Callable[[str, str], "tuple[onnx.ModelProto, Any]"]


@pytest.fixture(scope="session")
def typed(exported: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Typed:
    """Type an exported model; returns the graph, and what it and the untyped one answer to the same pixels."""
    folder = tmp_path_factory.mktemp("typed")

    def make(name: str, precision: str) -> "tuple[onnx.ModelProto, Any]":
        target = folder / f"{name}-{precision}"
        if not target.with_suffix(".onnx").exists():
            line = [
                str(EXPORT_PYTHON),
                "-c",
                TYPE_AND_RUN,
                str(exported / name / "1/model.onnx"),
                name,
                precision,
                str(target),
            ]
            done = subprocess.run(line, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        return onnx.load(target.with_suffix(".onnx")), np.load(target.with_suffix(".npz"))

    return make


def types(model: onnx.ModelProto) -> dict[str, int]:
    """Return the element type of every tensor of a graph."""
    graph = onnx.shape_inference.infer_shapes(model, strict_mode=True).graph
    known = {each.name: each.type.tensor_type.elem_type for each in (*graph.value_info, *graph.input, *graph.output)}
    return known | {each.name: each.data_type for each in graph.initializer}


FP32, FP16 = onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16
INT8, UINT8 = onnx.TensorProto.INT8, onnx.TensorProto.UINT8
MODELS = pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
LOWER = pytest.mark.parametrize("precision", ["fp16", "int8"])


@MODELS
@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_inputs_and_outputs_keep_their_types_and_only_the_batch_varies(typed: Typed, name: str, precision: str) -> None:
    model, _ = typed(name, precision)
    (images,), (output,) = model.graph.input, model.graph.output
    assert images.type.tensor_type.elem_type == onnx.TensorProto.UINT8
    assert output.type.tensor_type.elem_type == FP32
    for value in (images, output):
        batch, *rest = value.type.tensor_type.shape.dim
        assert batch.dim_param
        assert all(size.dim_value for size in rest)


@MODELS
@LOWER
def test_layers_with_weights_compute_in_fp16_and_what_follows_them_in_fp32(
    typed: Typed, name: str, precision: str
) -> None:
    model, _ = typed(name, precision)
    known = types(model)
    weighted = [node for node in model.graph.node if node.op_type in {"Conv", "Gemm"}]
    assert {known[name] for node in weighted for name in (*node.input, *node.output)} == {FP16}
    behind = [node for node in model.graph.node if node.op_type in {"TopK", "Softmax", "Gather", "Sub"}]
    assert behind
    floats = {known[name] for node in behind for name in (*node.input, *node.output)} & {FP32, FP16}
    assert floats == {FP32}


@MODELS
@LOWER
def test_types_change_only_where_pixels_come_in_and_at_the_seam(typed: Typed, name: str, precision: str) -> None:
    model, _ = typed(name, precision)
    known = types(model)
    floats = {FP32, FP16}
    casts = [
        node for node in model.graph.node
        if node.op_type == "Cast" and known[node.input[0]] in {*floats, UINT8} and known[node.output[0]] in floats
    ]  # fmt: skip
    # The pixels; the tensors of the seam.
    assert len(casts) == {"yolov8n": 1 + 6, "resnet50": 1 + 1}[name]


@MODELS
def test_int8_is_what_tensorrt_takes(typed: Typed, name: str) -> None:
    model, _ = typed(name, "int8")
    known = types(model)
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in model.graph.initializer}
    pairs = [node for node in model.graph.node if node.op_type in {"QuantizeLinear", "DequantizeLinear"}]
    assert not any(np.any(constants[node.input[2]]) for node in pairs), "only symmetric ranges: no zero points"
    assert {known[node.output[0]] for node in pairs if node.op_type == "QuantizeLinear"} == {INT8}
    assert {known[node.input[1]] for node in pairs} == {FP16}
    makers = {name: node for node in model.graph.node for name in node.output}
    quantized = [
        node for node in model.graph.node
        if node.op_type in {"Conv", "Gemm"} and makers[node.input[0]].op_type == "DequantizeLinear"
    ]  # fmt: skip
    assert len(quantized) == {"yolov8n": 71 - 6, "resnet50": 53}[name], "all layers with weights but the last ones"
    for node in quantized:
        weights = makers[node.input[1]]
        assert known[weights.input[0]] == INT8
        assert constants[weights.input[1]].shape == (constants[weights.input[0]].shape[0],), "a scale for each channel"
        assert node.input[2] in constants, "biases are not quantized"
        assert not any(each.op_type == "QuantizeLinear" for each in model.graph.node if node.output[0] in each.input)


@LOWER
def test_probabilities_hardly_move(typed: Typed, precision: str) -> None:
    _, answers = typed("resnet50", precision)
    assert np.abs(answers["typed"] - answers["before"]).max() < {"fp16": 0.005, "int8": 0.2}[precision]


@LOWER
def test_candidates_stay_where_they_are(typed: Typed, precision: str) -> None:
    _, answers = typed("yolov8n", precision)
    assert answers["typed"].shape == answers["before"].shape == (3, 1000, 6)
    best, before = (answers[each][:, 0, 4] for each in ("typed", "before"))
    assert np.abs(best - before).max() < {"fp16": 0.01, "int8": 0.1}[precision]


def test_fp32_is_the_same_graph_for_one_size(typed: Typed) -> None:
    _, answers = typed("yolov8n", "fp32")
    np.testing.assert_allclose(answers["typed"], answers["before"], atol=0.01)
