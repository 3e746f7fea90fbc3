"""OpenTelemetry: a span for a request (made by FastAPI), one for each of its stages, and Triton's own below them.

The standard variables decide. Without an endpoint to export to nothing is recorded, and a stage costs what it did.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi.telemetry import TelemetryConfig
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import INVALID_SPAN, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import Scope

NAME = "triton-vision-gateway"
QUERY = "url.query"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
# Asked every few seconds by machines; nobody wants their traces.
UNTRACED = frozenset({"/healthz", "/readyz", "/metrics"})


class WithoutQuery(SpanProcessor):
    """FastAPI notes the query, where clients put what is nobody else's business."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - the protocol's
        if span.attributes and QUERY in span.attributes:
            span.set_attribute(QUERY, "REDACTED")


class Tracing:
    """Where an application's spans go; nowhere at all unless the environment names an endpoint."""

    def __init__(self) -> None:
        self._provider = _provider() if _wanted() else None

    @property
    def tracer(self) -> Tracer | None:
        return self._provider.get_tracer("gateway") if self._provider else None

    @property
    def telemetry(self) -> TelemetryConfig:
        """What `FastAPI` is told: server spans to our provider; its metrics and logs are ours already."""
        return {
            "tracing": self._provider is not None,
            "tracer_provider": self._provider,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
            "exclude": _untraced,
        }

    @asynccontextmanager
    async def exporting(self) -> AsyncIterator[None]:
        """Export in the background, and what is left at the end."""
        if not self._provider:
            yield
            return
        self._provider.add_span_processor(WithoutQuery())
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        try:
            yield
        finally:
            await to_thread.run_sync(self._provider.shutdown)


def outgoing() -> tuple[tuple[str, str], ...]:
    """Return the metadata with which the receiver of a call continues the current span; none outside of one."""
    if get_current_span() is INVALID_SPAN:  # and no time is spent on looking for more
        return ()
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return tuple(carrier.items())


def _wanted() -> bool:
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    chosen = os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() != "none"
    return chosen and not disabled and any(os.environ.get(name) for name in ENDPOINTS)


def _provider() -> TracerProvider:
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES have the last word.
    resource = Resource.create({SERVICE_NAME: NAME}).merge(OTELResourceDetector().detect())
    return TracerProvider(resource=resource, shutdown_on_exit=False)


def _untraced(scope: Scope) -> bool:
    return scope["path"] in UNTRACED
