"""Bodies are bounded where they arrive: before anyone keeps a byte more than the limit.

FastAPI's `max_body_size` does the same, but answers in plain text whenever the size was declared.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.errors import BodyTooLarge


class BodyLimit:
    """Raises `BodyTooLarge` at the reader, for a declared size at once and else at the chunk that passes `max_body`.

    Raised on reading, not on arrival: only there the application's error handling is around it, and a request whose
    body nobody wants (an unknown path) gets its own answer.
    """

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        received = int(declared) if declared.isdecimal() else 0
        if received <= self._max_body:
            received = 0

        async def bounded() -> Message:
            nonlocal received
            self._check(received)
            message = await receive()
            received += len(message.get("body", b""))
            self._check(received)
            return message

        await self._app(scope, bounded, send)

    def _check(self, received: int) -> None:
        if received > self._max_body:
            raise BodyTooLarge(f"The request body has more than the {self._max_body} bytes this server accepts.")
