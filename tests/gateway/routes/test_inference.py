"""`/v1/detect` and `/v1/classify`: answers, parameters, and the annotated form."""

from io import BytesIO
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.gateway import fake_triton
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded, oriented

pytestmark = pytest.mark.anyio
FILES = {"file": encoded()}


async def test_detect(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/detect", files=FILES, headers={"x-request-id": "mine"})
    body = answer.json()
    assert body.pop("inference_time_ms") > 0
    assert body == {
        "model": "yolov8n",
        "version": "1",
        "weights": "official",
        "image": {"width": 64, "height": 48},
        "detections": [
            {"x_min": 1, "y_min": 2, "x_max": 30, "y_max": 40, "confidence": 0.9, "class_id": 0, "label": "person"},
            {"x_min": 5.5, "y_min": 6.25, "x_max": 20, "y_max": 21, "confidence": 0.5, "class_id": 16, "label": "dog"},
        ],
        "request_id": "mine",
    }


async def test_classify(gateway: httpx.AsyncClient) -> None:
    body = (await gateway.post("/v1/classify", files=FILES)).json()
    assert (body["model"], body["weights"]) == ("resnet50", "untrained")
    assert body["classifications"] == [
        {"class_id": 3, "label": "bus", "confidence": 0.75},
        {"class_id": 1, "label": "tram", "confidence": 0.125},
    ]


async def test_nothing_found_is_an_empty_list(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    async def nothing(_: object, __: object) -> object:
        return fake_triton.response(*fake_triton.NOTHING)

    triton.infer = nothing
    answer = await gateway.post("/v1/detect", files=FILES)
    assert answer.json()["detections"] == []


async def test_only_what_was_given_is_sent(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    query = {"confidence": "0.5", "iou": "0", "max_detections": "7", "classes": ["2", "0"], "model": "yolov8n"}
    await gateway.post("/v1/detect", files=FILES)
    await gateway.post("/v1/detect", files=FILES, params=query)
    await gateway.post("/v1/classify", files=FILES, params={"top_k": "3"})
    sent = [inputs(request) for request in triton.requests]
    assert sent[0] == {}
    assert sent[1] == {"confidence": [0.5], "iou": [0], "max_detections": [7], "classes": [2, 0]}
    assert sent[2] == {"top_k": [3]}


def inputs(request: Any) -> dict[str, list[float]]:
    types = {"FP32": "<f4", "INT32": "<i4"}
    named = zip(request.inputs, request.raw_input_contents, strict=True)
    return {t.name: np.frombuffer(r, types[t.datatype]).tolist() for t, r in named if t.name != "image"}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("confidence=1.5", "confidence"),
        ("confidence=nan", "confidence"),
        ("iou=-0.1", "iou"),
        ("iou=high", "iou"),
        ("max_detections=0", "max_detections"),
        ("max_detections=1001", "max_detections"),
        ("classes=1&classes=-1", "classes.1"),
        ("confidnce=0.5", "confidnce"),
        ("top_k=3", "top_k"),
    ],
)
async def test_bad_parameter(gateway: httpx.AsyncClient, triton: FakeTriton, query: str, field: str) -> None:
    answer = await gateway.post(f"/v1/detect?{query}", files=FILES)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-parameter")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not triton.requests


async def test_a_parameter_that_this_pipeline_does_not_take(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    own = fake_triton.config("detect", {"task": "detect"}, steps=("yolov8n",), inputs=("image",))
    triton.configs["detect"] = own
    answer = await gateway.post("/v1/detect?iou=0.5", files=FILES)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "iou")


async def test_unknown_model(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/detect?model=nope", files=FILES)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-model")


@pytest.mark.parametrize("path", ["/v1/detect", "/v1/classify"])
async def test_annotated_picture(gateway: httpx.AsyncClient, path: str) -> None:
    answer = await gateway.post(path, files={"file": oriented(6)}, headers={"accept": "image/jpeg"})
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-model"] in {"yolov8n", "resnet50"}
    assert answer.headers["x-model-weights"] in {"official", "untrained"}
    image = Image.open(BytesIO(answer.content))
    assert (image.format, image.size) == ("JPEG", (48, 64))  # upright
    assert max(image.convert("L").tobytes()) > 100  # drawn on black


async def test_not_acceptable_is_said_before_any_work(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    answer = await gateway.post("/v1/detect", files=FILES, headers={"accept": "text/html"})
    assert (answer.status_code, answer.json()["type"]) == (406, "/problems/not-acceptable")
    assert not triton.requests


async def test_a_picture_that_triton_reads_and_pillow_does_not(gateway: httpx.AsyncClient) -> None:
    broken = encoded(size=(640, 480))[:-500]
    answer = await gateway.post("/v1/detect", files={"file": broken}, headers={"accept": "image/jpeg"})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/corrupt-image")
