"""One id for a request everywhere: the client's own or a new one; in the answer, in the log and at Triton."""

import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "x-request-id"
# Printable ASCII, so that it can stand in a log line or a header as it is.
VALID = re.compile(r"[\x20-\x7e]{1,128}")
STATE_KEY = "request_id"
# The messages that carry an answer's headers; the last two are a WebSocket's.
ANSWERS = ("http.response.start", "websocket.accept", "websocket.http.response.start")


class RequestId:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        request_id = _given(scope) or uuid.uuid4().hex
        scope.setdefault("state", {})[STATE_KEY] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] in ANSWERS:
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        await self._app(scope, receive, send_with_id)


def request_id_of(scope: Scope) -> str:
    request_id: str = scope["state"][STATE_KEY]
    return request_id


def _given(scope: Scope) -> str | None:
    """Return the client's id if it is usable; one that is not is replaced: an id is no reason to refuse work."""
    given = Headers(scope=scope).get(HEADER, "")
    return given if VALID.fullmatch(given) else None
