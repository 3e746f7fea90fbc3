"""Every request in the metrics: when it begins, and with all that is known of it when it has ended."""

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.labels import OF_A_REQUEST, route_of
from gateway.metrics import Metrics
from gateway.record import Record, record_of
from gateway.services import services_of

SHED = (429, 503)


class Measuring:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        metrics = services_of(scope).metrics
        metrics.request_began()
        try:
            await self._app(scope, receive, send)
        finally:
            _measure(metrics, scope, record_of(scope))


def _measure(metrics: Metrics, scope: Scope, record: Record) -> None:
    seconds = record.elapsed_ms() / 1e3
    metrics.request_ended(route_of(scope), scope["method"], record.status, record.facts.model, seconds)
    metrics.stages(OF_A_REQUEST, record.stages.elapsed_ms)
    if record.problem and record.status in SHED:
        metrics.shed(record.problem)
