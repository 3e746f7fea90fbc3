import asyncio
from typing import Any

import pytest

from gateway.disconnect import unless_disconnected
from gateway.errors import ClientGone
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def test_client_that_leaves_cancels_the_call_at_triton(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    picture = encoded()
    request = ("POST /v1/detect HTTP/1.1", "host: localhost", "content-type: image/jpeg")
    head = "\r\n".join([*request, f"content-length: {len(picture)}", "", ""])
    async with gateways.listening(gateway_settings.model_copy(update={"deadline_seconds": 60})) as (host, port):
        _, writer = await asyncio.open_connection(host, port)
        writer.write(head.encode() + picture)
        await writer.drain()
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def staying() -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


async def leaving() -> dict[str, Any]:
    return {"type": "http.disconnect"}


async def test_work_of_a_client_that_stays_is_finished() -> None:
    async def work() -> int:
        return 7

    assert await unless_disconnected(staying, work()) == 7


async def test_an_error_in_the_work_is_passed_on() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await unless_disconnected(staying, work())


async def test_leaving_raises_client_gone() -> None:
    with pytest.raises(ClientGone):
        await unless_disconnected(leaving, asyncio.sleep(60))


async def test_cancelling_from_outside_stays_a_cancellation() -> None:
    task = asyncio.create_task(unless_disconnected(staying, asyncio.sleep(60)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_who_leaves_cancels_nothing_but_the_work() -> None:
    task = asyncio.current_task()
    assert task
    before = task.cancelling()
    with pytest.raises(ClientGone):
        await unless_disconnected(leaving, asyncio.sleep(60))
    await asyncio.sleep(0)
    assert task.cancelling() == before


async def test_leaving_when_the_work_is_done_cancels_nothing() -> None:
    gone = asyncio.Event()

    async def leaving_then() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def work() -> int:
        gone.set()
        await asyncio.sleep(0)  # the watcher is told, and says so in the next round
        return 7

    assert await unless_disconnected(leaving_then, work()) == 7
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_cancellation_from_outside_counts_although_the_client_leaves() -> None:
    task = asyncio.create_task(unless_disconnected(leaving, asyncio.sleep(60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
