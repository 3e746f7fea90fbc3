"""Every way in which Triton can fail, as the caller meets it."""

import asyncio

import grpc
import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton, failing
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
SECRET = "/opt/models/yolov8n/1/model.onnx line 42"


async def detect(gateway: httpx.AsyncClient) -> httpx.Response:
    return await gateway.post("/v1/detect", files={"file": encoded()})


async def served(gateway: httpx.AsyncClient) -> bool:
    return (await detect(gateway)).status_code == 200


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size", (503, "queue-full")),
        (grpc.StatusCode.UNAVAILABLE, "Request timeout expired", (504, "deadline-exceeded")),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded", (504, "deadline-exceeded")),
        (grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses", (503, "triton-unavailable")),
        (grpc.StatusCode.INVALID_ARGUMENT, "[corrupt-image] x", (422, "corrupt-image")),
        (grpc.StatusCode.INTERNAL, "Failed to process: [too-many-pixels] x", (413, "too-many-pixels")),
        (grpc.StatusCode.NOT_FOUND, "Request for unknown model", (503, "no-pipeline")),
        (grpc.StatusCode.NOT_FOUND, "Model yolov8n - Error when running inference: is not ready", (503, "no-pipeline")),
        (grpc.StatusCode.UNAVAILABLE, "Model yolov8n - Exceeds maximum queue size", (503, "queue-full")),
        (grpc.StatusCode.INTERNAL, "onnxruntime failed", (500, "internal-error")),
    ],
)
async def test_failure_becomes_a_problem_and_says_nothing_of_triton(
    gateway: httpx.AsyncClient, triton: FakeTriton, code: grpc.StatusCode, text: str, expected: tuple[int, str]
) -> None:
    triton.infer = failing(code, f"{text} {SECRET}")
    answer = await detect(gateway)
    assert (answer.status_code, answer.json()["type"]) == (expected[0], f"/problems/{expected[1]}")
    assert answer.headers["content-type"] == "application/problem+json"
    assert ("retry-after" in answer.headers) == (expected[0] == 503)
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert text not in answer.text
    assert "model.onnx" not in answer.text


async def test_internal_error_is_logged_with_its_reason_and_the_request_id(
    gateway: httpx.AsyncClient, triton: FakeTriton, caplog: pytest.LogCaptureFixture
) -> None:
    triton.infer = failing(grpc.StatusCode.INTERNAL, SECRET)
    answer = await detect(gateway)
    assert answer.json()["request_id"] in caplog.text
    assert SECRET in caplog.text


async def test_slow_triton_is_cut_off_at_the_deadline(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    hasty = gateway_settings.model_copy(update={"deadline_seconds": 0.2})
    async with gateways.calling(create_app(hasty)) as gateway:
        answer = await asyncio.wait_for(detect(gateway), PATIENCE)
    assert answer.status_code == 504
    await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def test_triton_is_told_the_deadline_and_the_request_id(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    await gateway.post("/v1/detect", files={"file": encoded()}, headers={"x-request-id": "mine"})
    (request,) = triton.requests
    assert request.id == "mine"
    assert 5_000_000 < request.parameters["timeout"].int64_param <= 10_000_000


async def test_triton_away_and_back() -> None:
    """Nothing is restarted: the catalogue is read when Triton comes."""
    triton = FakeTriton()
    async with fake_triton.listening(triton) as address:
        pass
    async with gateways.calling(create_app(Settings(triton_url=address))) as gateway:
        assert (await detect(gateway)).json()["type"] == "/problems/triton-unavailable"
        async with fake_triton.listening(triton, address):
            await until(lambda: served(gateway))
        assert (await detect(gateway)).status_code == 503


async def test_a_result_that_breaks_the_contract_is_an_internal_error(
    gateway: httpx.AsyncClient, triton: FakeTriton
) -> None:
    async def without_boxes(_: object, __: object) -> object:
        return fake_triton.response(fake_triton.SIZE)

    triton.infer = without_boxes
    answer = await detect(gateway)
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert "boxes" not in answer.text
