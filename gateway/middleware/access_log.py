"""One line for every request: method, path, status, milliseconds, id. Neither queries nor contents."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.middleware.request_id import request_id_of

logger = logging.getLogger("gateway.access")


class AccessLog:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0  # stays when the task is cancelled before an answer

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            elapsed_ms = (time.perf_counter() - started) * 1e3
            logger.info("%s %s %d %.1f ms %s", scope["method"], _path(scope), status, elapsed_ms, request_id_of(scope))


def _path(scope: Scope) -> str:
    """As it was sent: a decoded path could hold a line break and forge a line of the log."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("ascii", "backslashreplace")
