"""A session that sends all it can, beside one that sends what is normal."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton, Infer
from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, told

pytestmark = pytest.mark.anyio
FRAME_SECONDS = 0.02


def engines(count: int) -> Infer:
    """Serve `count` requests at a time, in the order in which they come, as Triton's instances do."""
    free = asyncio.Semaphore(count)

    async def infer(request: Any, context: Any) -> Any:
        async with free:
            await asyncio.sleep(FRAME_SECONDS)
            return await fake_triton.answering(request, context)

    return infer


async def flood(client: ClientConnection, answers: list[dict[str, Any]]) -> None:
    """500 frames a second, and every answer is read."""

    async def send() -> None:
        while True:
            await client.send(encoded())
            await asyncio.sleep(0.002)

    sending = asyncio.create_task(send())
    try:
        while True:
            answers.append(await told(client))
    except ConnectionClosed:
        pass
    finally:
        sending.cancel()


async def test_a_greedy_session_takes_nothing_from_a_modest_one(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = engines(2)
    greedy_answers: list[dict[str, Any]] = []
    modest_answers: list[dict[str, Any]] = []
    async with (
        gateways.listening(gateway_settings) as address,
        session(address) as greedy,
        session(address) as modest,
    ):
        flooding = asyncio.create_task(flood(greedy, greedy_answers))
        for _ in range(10):
            await modest.send(encoded())
            modest_answers.append(await told(modest))
            await asyncio.sleep(0.2)
        flooding.cancel()
    assert [answer["frame"] for answer in modest_answers] == list(range(10))
    assert modest_answers[-1]["dropped"] == 0
    latencies = sorted(answer["latency_ms"] for answer in modest_answers)
    # Its own time, and that of the greedy one's frame before it; all of those would take many seconds.
    assert latencies[5] < 25 * FRAME_SECONDS * 1e3
    assert greedy_answers[-1]["dropped"] > 300
