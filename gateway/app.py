"""The application, put together: nothing is made on import, everything lives as long as the application does."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway import connections, openapi, problems
from gateway.access import layers
from gateway.admin import second_port
from gateway.middleware.access_log import AccessLog
from gateway.middleware.body_limit import BodyLimit
from gateway.middleware.measuring import Measuring
from gateway.middleware.receive_deadline import ReceiveDeadline
from gateway.middleware.request_id import RequestId
from gateway.middleware.timing import Timing
from gateway.middleware.unexpected import UnexpectedErrors
from gateway.routes import classify, detect, health, jobs, metrics, models, stats, stream
from gateway.routes import problems as problem_pages
from gateway.services import running
from gateway.settings import Settings
from gateway.tracing import Tracing


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the ASGI application; without `settings` they are read from the environment."""
    settings = settings or Settings()
    tracing = Tracing()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
        async with tracing.exporting(), running(settings) as services, second_port(services):
            app.state.services = services
            with services.lifecycle.watching():
                yield connections.state(settings, services.lifecycle)

    app = FastAPI(
        title="triton-vision",
        summary="Object detection and image classification, served by NVIDIA Triton.",
        version="1",
        lifespan=lifespan,
        middleware=_middleware(settings, tracing),
        telemetry=tracing.telemetry,
    )
    problems.install(app)
    openapi.describe_problems(app)
    routers = [routes.router for routes in (detect, classify, jobs, stream, models, stats, health, problem_pages)]
    if settings.admin_port is None:
        routers.append(metrics.router)
    for router in routers:
        # One list to search instead of one for each router, which is what `include_router` makes.
        app.router.routes.extend(router.routes)
    return app


def _middleware(settings: Settings, tracing: Tracing) -> list[Middleware]:
    """List it from the outermost to the innermost."""
    return [
        Middleware(RequestId),  # first: all others quote it
        Middleware(Timing, tracer=tracing.tracer, cross_origin=bool(settings.cors_origins)),
        Middleware(AccessLog),  # sees the status of every answer, that of unexpected errors too
        *layers.on_answers(settings),
        Middleware(Measuring),
        Middleware(UnexpectedErrors),
        *layers.on_requests(settings),
        Middleware(BodyLimit, max_body=settings.max_body),
        Middleware(ReceiveDeadline, body_seconds=settings.body_seconds, idle_seconds=settings.body_idle_seconds),
    ]
