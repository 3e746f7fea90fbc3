"""A body has to arrive: in all within a time, and without long pauses. The web server itself waits for ever."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import BodyTimeout


class ReceiveDeadline:
    """Raises `BodyTimeout` at the reader, for the reasons given in `body_limit`.

    The time runs from the first read, and only until the body is complete: after that, waiting for a message is how one
    notices that the client has left.
    """

    def __init__(self, app: ASGIApp, body_seconds: float, idle_seconds: float) -> None:
        self._app = app
        self._body_seconds = body_seconds
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        until: float | None = None
        complete = False

        async def hurried() -> Message:
            nonlocal until, complete
            if complete:
                return await receive()
            now = asyncio.get_running_loop().time()
            until = until or now + self._body_seconds
            try:
                async with asyncio.timeout_at(min(until, now + self._idle_seconds)):
                    message = await receive()
            except TimeoutError:
                # Whatever still comes belongs to this body: the connection is of no more use.
                raise BodyTimeout(headers={"connection": "close"}) from None
            complete = not message.get("more_body", False)
            return message

        await self._app(scope, hurried, send)
