import asyncio
from collections.abc import Iterable, Iterator

import pytest
from starlette.types import Message, Receive, Scope, Send

from gateway.errors import BodyTimeout
from gateway.middleware.receive_deadline import ReceiveDeadline
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def nowhere(_: Message) -> None: ...


async def read_all(_: Scope, receive: Receive, __: Send) -> None:
    while (await receive()).get("more_body"):
        pass


def sending(pauses: Iterable[float]) -> Receive:
    left: Iterator[float] = iter(pauses)

    async def receive() -> Message:
        pause = next(left, None)
        await asyncio.sleep(pause or 0)
        return {"type": "http.request", "body": b"x", "more_body": pause is not None}

    return receive


async def serve(receive: Receive, app: object = read_all, body_seconds: float = 60, idle_seconds: float = 60) -> None:
    limited = ReceiveDeadline(app, body_seconds, idle_seconds)  # type: ignore[arg-type]
    await limited({"type": "http"}, receive, nowhere)


async def test_a_body_that_keeps_coming_is_read() -> None:
    await serve(sending([0.4, 0.4, 0.4]), idle_seconds=1)


async def test_a_long_pause_is_the_end() -> None:
    with pytest.raises(BodyTimeout) as stopped:
        await serve(sending([0, PATIENCE]), idle_seconds=0.1)
    assert stopped.value.headers["connection"] == "close"


async def test_dripping_for_ever_is_the_end() -> None:
    with pytest.raises(BodyTimeout):
        await serve(sending([0.05] * 400), body_seconds=0.3)


async def test_after_the_body_there_is_no_limit() -> None:
    async def wait_for_leaving(scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(scope, receive, send)
        assert (await receive())["type"] == "http.disconnect"

    body = sending([])
    sent = False

    async def receive() -> Message:
        nonlocal sent
        if not sent:
            sent = True
            return await body()
        await asyncio.sleep(0.8)
        return {"type": "http.disconnect"}

    await serve(receive, wait_for_leaving, body_seconds=0.6, idle_seconds=0.6)
