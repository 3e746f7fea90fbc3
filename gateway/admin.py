"""The second port: metrics and the state of affairs, on an address of their own, without access control.

It is opened by every worker process, and the kernel gives a connection to one of them; any of them knows it all.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import uvicorn
from fastapi import FastAPI
from starlette.middleware import Middleware

from gateway import problems
from gateway.access import exposure
from gateway.middleware.origins import Origins
from gateway.middleware.request_id import RequestId
from gateway.middleware.security_headers import SecurityHeaders
from gateway.middleware.unexpected import UnexpectedErrors
from gateway.routes import health, metrics, stats
from gateway.services import Services
from gateway.settings import Settings


class BesideTheMain(uvicorn.Server):
    """Leaves signals to the server that runs the gateway."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]  # a generator's, there
        return nullcontext()


def create_admin_app(services: Services) -> FastAPI:
    """Return what the second port serves, with the services of the gateway's own application."""
    hosts = exposure.own_names(services.settings.admin_host)
    layers = [
        Middleware(RequestId),
        Middleware(SecurityHeaders),
        Middleware(UnexpectedErrors),
        Middleware(Origins, hosts=hosts, origins=()),
    ]
    app = FastAPI(openapi_url=None, middleware=layers)
    app.state.services = services
    problems.install(app)
    for routes in (metrics, stats, health):
        app.include_router(routes.router)
    return app


@asynccontextmanager
async def second_port(services: Services) -> AsyncIterator[None]:
    """Serve it while the context lasts, if the settings want it. Raises `OSError` when the port cannot be had."""
    if services.settings.admin_port is None:
        yield
        return
    bound = bind(services.settings)
    config = uvicorn.Config(
        create_admin_app(services), lifespan="off", log_config=None, access_log=False, server_header=False
    )
    server = BesideTheMain(config)
    serving = asyncio.create_task(server.serve([bound]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving


def bind(settings: Settings) -> socket.socket:
    """Open the port, for several processes when there are several workers."""
    family = socket.AF_INET6 if ":" in settings.admin_host else socket.AF_INET
    address = settings.admin_host, settings.admin_port or 0
    try:
        return socket.create_server(address, family=family, reuse_port=settings.workers > 1)
    except OSError as error:
        raise OSError(f"GATEWAY_ADMIN_PORT cannot be opened: {error.strerror}") from error
