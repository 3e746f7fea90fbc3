"""Work stops when nobody waits for its result."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

from gateway.errors import ClientGone

T = TypeVar("T")


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Await `work`, but cancel it when the client leaves; the body must have been read.

    Raises `ClientGone` then. FastAPI does not do this for ordinary handlers.
    """
    task, working = asyncio.current_task(), True
    assert task  # noqa: S101 - this is a coroutine
    others = task.cancelling()

    def left(watcher: asyncio.Task[None]) -> None:
        if working and not watcher.cancelled():
            task.cancel()

    watcher = asyncio.create_task(_disconnected(receive))
    watcher.add_done_callback(left)
    try:
        return await work
    except asyncio.CancelledError:
        if watcher.done() and task.uncancel() <= others:
            raise ClientGone from None
        raise
    finally:
        working = False
        watcher.cancel()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
