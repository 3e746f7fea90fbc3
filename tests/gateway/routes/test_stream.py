"""Streams as a client meets them, over a socket; Triton only plays its part."""

import asyncio
import json
import logging
from contextlib import AsyncExitStack
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, streaming, taking, told
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


async def refused(settings: Settings, query: str) -> InvalidStatus:
    with pytest.raises(InvalidStatus) as answer:
        async with streaming(settings, query):
            pass
    return answer.value


async def test_a_frame_is_answered_like_a_request(gateway_settings: Settings) -> None:
    async with streaming(gateway_settings, additional_headers={"x-request-id": "mine"}) as client:
        await client.send(encoded())
        answer = await told(client)
        assert client.response is not None
        assert client.response.headers["x-request-id"] == "mine"
    assert (answer["frame"], answer["dropped"]) == (0, 0)
    assert answer["result"]["request_id"] == "mine-0"
    assert [one["label"] for one in answer["result"]["detections"]] == ["person", "dog"]
    assert 0 < answer["result"]["inference_time_ms"] <= answer["latency_ms"] < 1000 * PATIENCE


async def test_the_address_sets_the_task_and_its_parameters(gateway_settings: Settings, triton: FakeTriton) -> None:
    async with streaming(gateway_settings, "task=classify&top_k=2&model=resnet50") as client:
        await client.send(encoded("WEBP"))
        assert "classifications" in (await told(client))["result"]
    (request,) = triton.requests
    assert (request.model_name, [one.name for one in request.inputs]) == ("classify", ["image", "top_k"])


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("", 422, "bad-parameter"),
        ("task=detect&confidence=7", 422, "bad-parameter"),
        ("task=detect&model=none", 404, "unknown-model"),
    ],
)
async def test_a_bad_address_is_refused_with_a_problem(
    gateway_settings: Settings, caplog: pytest.LogCaptureFixture, query: str, status: int, slug: str
) -> None:
    response = (await refused(gateway_settings, query)).response
    problem = json.loads(response.body or b"")
    assert (response.status_code, problem["type"]) == (status, f"/problems/{slug}")
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["request_id"] == response.headers["x-request-id"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_without_triton_it_is_refused() -> None:
    async with fake_triton.listening(FakeTriton()) as address:
        pass
    response = (await refused(Settings(triton_url=address), "task=detect")).response
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")


async def test_the_latest_frame_wins(gateway_settings: Settings, triton: FakeTriton) -> None:
    """50 frames in half a second or a little more meet 300 ms a frame, two at a time."""
    triton.infer = taking(0.3)
    answers: list[dict[str, Any]] = []
    async with streaming(gateway_settings) as client:
        for _ in range(50):
            await client.send(encoded())
            await asyncio.sleep(0.01)
        while not answers or answers[-1]["frame"] != 49:
            answers.append(await told(client))
    numbers = [answer["frame"] for answer in answers]
    assert numbers == sorted(set(numbers))
    assert 3 <= len(answers) <= 40
    assert len(answers) + answers[-1]["dropped"] == 50 == len(triton.requests) + answers[-1]["dropped"]
    # As of one that waits for two others; the last of a queue would wait for 7.5 seconds.
    assert max(answer["latency_ms"] for answer in answers) < 5000


async def test_settings_change_while_frames_flow(gateway_settings: Settings, triton: FakeTriton) -> None:
    async with streaming(gateway_settings, "task=detect&iou=0.5") as client:
        await client.send('{"confidence": 0.75}')
        settings = (await told(client))["settings"]
        assert (settings["confidence"], settings["iou"]) == (0.75, 0.5)
        await client.send(encoded())
        await told(client)
        await client.send('{"task": "classify"}')
        assert (await told(client))["settings"]["task"] == "classify"
        await client.send(encoded())
        assert "classifications" in (await told(client))["result"]
    assert [one.name for one in triton.requests[0].inputs] == ["image", "confidence", "iou"]


@pytest.mark.parametrize(
    ("message", "slug"),
    [
        ('{"confidence": 7}', "bad-parameter"),
        ('{"model": "none"}', "unknown-model"),
        ("hello", "bad-parameter"),
        ("x" * 100_000, "bad-parameter"),
        (b"hello", "not-an-image"),
        (b"", "empty-file"),
        (b"\xff\xd8\xff\xe0", "corrupt-image"),
        (encoded(size=(9000, 9000)), "too-many-pixels"),
    ],
)
async def test_a_bad_message_is_answered_and_the_session_goes_on(
    gateway_settings: Settings, message: str | bytes, slug: str
) -> None:
    async with streaming(gateway_settings) as client:
        await client.send(message)
        assert (await told(client))["error"]["type"] == f"/problems/{slug}"
        await client.send(encoded())
        assert "result" in await told(client)


async def test_a_late_frame_is_given_up(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    hasty = gateway_settings.model_copy(update={"frame_deadline_seconds": 0.1})
    async with streaming(hasty) as client:
        await client.send(encoded())
        assert (await told(client))["error"]["type"] == "/problems/deadline-exceeded"
    await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def test_a_result_that_breaks_the_contract_says_nothing_of_it(
    gateway_settings: Settings, triton: FakeTriton, caplog: pytest.LogCaptureFixture
) -> None:
    async def without_boxes(_: object, __: object) -> object:
        return fake_triton.response(fake_triton.SIZE)

    triton.infer = without_boxes
    async with streaming(gateway_settings) as client:
        await client.send(encoded())
        problem = (await told(client))["error"]
    assert (problem["type"], "boxes" in str(problem)) == ("/problems/internal-error", False)
    assert "KeyError: 'boxes'" in caplog.text
    assert problem["request_id"] in caplog.text


async def test_annotated_pictures_follow_their_answers(gateway_settings: Settings) -> None:
    async with streaming(gateway_settings, "task=detect&annotate=true") as client:
        await client.send(encoded("PNG"))
        assert "result" in await told(client)
        picture = await client.recv()
        assert isinstance(picture, bytes)
        assert Image.open(BytesIO(picture)).size == (64, 48)


async def test_a_client_that_leaves_cancels_its_frames(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    slow = gateway_settings.model_copy(update={"frame_deadline_seconds": 3 * PATIENCE})
    async with gateways.listening(slow) as address, session(address) as client:
        await client.send(encoded())
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        client.transport.abort()
        await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def test_only_so_many_sessions(gateway_settings: Settings) -> None:
    async with gateways.listening(gateway_settings.model_copy(update={"stream_max_sessions": 2})) as address:
        async with session(address), session(address) as second:
            with pytest.raises(InvalidStatus) as answer:
                await session(address)
            assert answer.value.response.status_code == 503
            assert json.loads(answer.value.response.body or b"")["type"] == "/problems/too-many-streams"
            await second.close()
            await until(lambda: welcome(session(address)))
        await until(lambda: welcome(session(address), session(address)))  # refused ones and bad ones took no place


async def welcome(*sessions: connect) -> bool:
    """Tell whether so many sessions may be opened at a time."""
    try:
        async with AsyncExitStack() as opened:
            for one in sessions:
                await opened.enter_async_context(one)
    except InvalidStatus:
        return False
    return True


async def test_a_client_that_sends_nothing_is_left(gateway_settings: Settings) -> None:
    async with streaming(gateway_settings.model_copy(update={"stream_idle_seconds": 0.2})) as client:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), PATIENCE)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4408, "no frame for 0.2 seconds")


async def test_a_session_is_one_line_in_the_log(gateway_settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    query = "task=detect&iou=0.123"
    async with streaming(gateway_settings, query, additional_headers={"x-request-id": "mine"}) as client:
        await client.send(encoded())
        await told(client)
    lines = [record.getMessage() for record in caplog.records if record.name == "gateway.access"]
    assert [line[:36] for line in lines if "stream" in line] == ["stream 1000, 1 frames, 0 dropped, 0."]
    assert "mine" in lines[-1]
    assert "0.123" not in caplog.text.replace(lines[-1], "")
