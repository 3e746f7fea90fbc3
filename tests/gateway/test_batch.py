"""Several files in one request."""

import asyncio
from typing import Any

import grpc
import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


def files(*pictures: bytes) -> list[tuple[str, bytes]]:
    return [("file", picture) for picture in pictures]


PICTURES = [encoded(size=(side, 48)) for side in (64, 65, 66, 67, 68, 69)]


async def test_each_has_its_own_result_in_order(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    waits = iter((0.4, 0.2, 0))

    async def later_is_faster(request: Any, context: Any) -> Any:
        await asyncio.sleep(next(waits))
        return await fake_triton.answering(request, context)

    triton.infer = later_is_faster
    answer = await gateway.post("/v1/detect", files=files(*PICTURES[:3]), headers={"x-request-id": "mine"})
    assert answer.status_code == 200
    assert [result["request_id"] for result in answer.json()["results"]] == ["mine-1", "mine-2", "mine-3"]
    assert sorted(request.id for request in triton.requests) == ["mine-1", "mine-2", "mine-3"]
    sent = {request.id: request.raw_input_contents[0][4:] for request in triton.requests}
    assert [sent[f"mine-{n}"] for n in (1, 2, 3)] == PICTURES[:3]
    times = [result["inference_time_ms"] for result in answer.json()["results"]]
    assert times[0] > times[1] > times[2] > 0


async def test_a_bad_one_does_not_spoil_the_rest(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    answer = await gateway.post("/v1/classify", files=files(PICTURES[0], b"", b"GIF89a", PICTURES[1][:9], PICTURES[2]))
    results = answer.json()["results"]
    assert [result.get("error", {}).get("type") for result in results] == [
        None,
        "/problems/empty-file",
        "/problems/not-an-image",
        "/problems/corrupt-image",
        None,
    ]
    assert results[1]["error"]["request_id"].endswith("-2")
    assert results[4]["classifications"]
    assert len(triton.requests) == 2


async def test_bad_pictures_alone_are_still_a_list(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/detect", files=files(b"x", b"y"))
    assert answer.status_code == 200
    assert {result["error"]["status"] for result in answer.json()["results"]} == {415}


async def test_what_is_wrong_with_the_request_is_said_once(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    answer = await gateway.post("/v1/detect?model=nope", files=files(*PICTURES))
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-model")
    triton.infer = fake_triton.failing(grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size")
    answer = await gateway.post("/v1/detect", files=files(*PICTURES))
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/queue-full")
    assert answer.headers["retry-after"]


async def test_an_unexpected_error_is_one_item_s(
    gateway: httpx.AsyncClient, triton: FakeTriton, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken_once(request: Any, context: Any) -> Any:
        if request.id == "mine-2":
            return fake_triton.response(fake_triton.SIZE)
        return await fake_triton.answering(request, context)

    triton.infer = broken_once
    answer = await gateway.post("/v1/detect", files=files(*PICTURES[:3]), headers={"x-request-id": "mine"})
    results = answer.json()["results"]
    assert results[1]["error"]["type"] == "/problems/internal-error"
    assert results[0]["detections"]
    assert "mine-2" in caplog.text
    assert "KeyError" in caplog.text


async def test_few_are_worked_on_at_a_time(gateway_settings: Settings, triton: FakeTriton) -> None:
    now = most = 0

    async def counted(request: Any, context: Any) -> Any:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        return await fake_triton.answering(request, context)

    triton.infer = counted
    narrow = gateway_settings.model_copy(update={"batch_concurrency": 2})
    async with gateways.calling(create_app(narrow)) as gateway:
        assert (await gateway.post("/v1/detect", files=files(*PICTURES))).status_code == 200
    assert most == 2


async def test_the_deadline_is_of_the_whole(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    waits = iter(
        [1.0] * 4 + [1.5] * 2
    )  # four at a time; the last two would be in time, had they a deadline of their own

    async def slow(request: Any, context: Any) -> Any:
        await asyncio.sleep(next(waits))
        return await fake_triton.answering(request, context)

    triton.infer = slow
    answer = await gateway.post("/v1/detect?deadline_ms=2000", files=files(*PICTURES))
    slugs = [result.get("error", {}).get("type") for result in answer.json()["results"]]
    assert slugs == [None] * 4 + ["/problems/deadline-exceeded"] * 2


async def test_too_many(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    many = [*PICTURES, *PICTURES, *PICTURES[:4]]
    assert (await gateway.post("/v1/detect", files=files(*many))).status_code == 200
    before = len(triton.requests)
    answer = await gateway.post("/v1/detect", files=files(*many, PICTURES[0]))
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-many-files")
    assert len(triton.requests) == before == 16


@pytest.mark.parametrize(("accept", "status"), [("image/jpeg", 406), ("image/jpeg, application/json;q=0.1", 200)])
async def test_pictures_are_of_one_file(gateway: httpx.AsyncClient, accept: str, status: int) -> None:
    answer = await gateway.post("/v1/detect", files=files(*PICTURES[:2]), headers={"accept": accept})
    assert answer.status_code == status
    if status == 406:
        assert "application/json" in answer.json()["detail"]


async def test_a_client_that_leaves_cancels_all(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    task = asyncio.create_task(gateway.post("/v1/detect?deadline_ms=30000", files=files(*PICTURES)))
    await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
    task.cancel()
    await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)
