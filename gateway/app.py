"""The application, put together: nothing is made on import, everything lives as long as the application does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway import openapi, problems
from gateway.middleware.access_log import AccessLog
from gateway.middleware.body_limit import BodyLimit
from gateway.middleware.request_id import RequestId
from gateway.middleware.unexpected import UnexpectedErrors
from gateway.routes import classify, detect, health, models
from gateway.routes import problems as problem_pages
from gateway.services import running
from gateway.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the ASGI application; without `settings` they are read from the environment."""
    settings = settings or Settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings) as app.state.services:
            yield

    app = FastAPI(
        title="triton-vision",
        summary="Object detection and image classification, served by NVIDIA Triton.",
        version="1",
        lifespan=lifespan,
        middleware=_middleware(settings),
    )
    problems.install(app)
    openapi.describe_problems(app)
    for routes in (detect, classify, models, health, problem_pages):
        app.include_router(routes.router)
    return app


def _middleware(settings: Settings) -> list[Middleware]:
    """List it from the outermost to the innermost."""
    return [
        Middleware(RequestId),  # first: all others quote it
        Middleware(AccessLog),  # sees the status of every answer, that of unexpected errors too
        Middleware(UnexpectedErrors),
        Middleware(BodyLimit, max_body=settings.max_body),
    ]
