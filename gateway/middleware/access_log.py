"""One line for every request: method, path, status, milliseconds, id; as JSON more. Neither queries nor contents."""

import logging
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.access.principal import principal_of
from gateway.labels import route_of
from gateway.middleware.request_id import request_id_of
from gateway.record import Record, record_of

logger = logging.getLogger("gateway.access")


class AccessLog:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            if logger.isEnabledFor(logging.INFO):
                _log(scope, record_of(scope))


def _log(scope: Scope, record: Record) -> None:
    elapsed_ms, request_id, path = record.elapsed_ms(), request_id_of(scope), _path(scope)
    facts: dict[str, Any] = {
        "request_id": request_id,
        "method": scope["method"],
        "path": path,
        "route": route_of(scope),
        "status": record.status,
        "duration_ms": round(elapsed_ms, 2),
        "stages_ms": {stage: round(milliseconds, 2) for stage, milliseconds in record.stages.elapsed_ms.items()},
    }
    if record.facts.model:
        facts["model"] = record.facts.model
    if record.problem:
        facts["problem"] = record.problem
    if principal := principal_of(scope):
        facts["client"] = principal.name
    words = (scope["method"], path, record.status, elapsed_ms, request_id)
    logger.info("%s %s %d %.1f ms %s", *words, extra=facts)


def _path(scope: Scope) -> str:
    """As it was sent: a decoded path could hold a line break and forge a line of the log."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("ascii", "backslashreplace")
