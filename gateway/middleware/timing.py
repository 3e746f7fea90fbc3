"""`Server-Timing` on every answer, errors too: where the time went, for clients and the developer tools of browsers."""

from collections.abc import Mapping

from opentelemetry.trace import Tracer
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.call import Stages
from gateway.record import STATE_KEY, Record

HEADER = "server-timing"


class Timing:
    """Starts the record of a request. With a `tracer` its stages are spans too.

    `cross_origin`: scripts of other origins may read the timing (`Timing-Allow-Origin`), as they may read the answer.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer | None = None, *, cross_origin: bool = False) -> None:
        self._app = app
        self._tracer = tracer
        self._cross_origin = cross_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = Record(Stages(self._tracer))
        scope.setdefault("state", {})[STATE_KEY] = record

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = server_timing({**record.stages.elapsed_ms, "total": record.elapsed_ms()})
                if self._cross_origin:
                    headers["timing-allow-origin"] = "*"
            await send(message)

        await self._app(scope, receive, timed)


def server_timing(elapsed_ms: Mapping[str, float]) -> str:
    """Return the header's value, `read;dur=0.21, infer;dur=24.9`."""
    return ", ".join([f"{stage};dur={milliseconds:.2f}" for stage, milliseconds in elapsed_ms.items()])
