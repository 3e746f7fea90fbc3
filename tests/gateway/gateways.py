"""Gateways to test against: in this process, without a socket, or behind a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from gateway.app import create_app
from gateway.connections import Connection
from gateway.settings import Settings
from gateway.streams.protocol import server_options


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            yield client


@asynccontextmanager
async def listening(settings: Settings, port: int = 0) -> AsyncIterator[tuple[str, int]]:
    """Serve over a socket: what depends on connections cannot be seen without one."""
    options: dict[str, Any] = {"http": Connection, "log_config": None, "access_log": False, **server_options(settings)}
    server = uvicorn.Server(uvicorn.Config(create_app(settings), **options))
    bound = socket.create_server(("127.0.0.1", port))
    serving = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - all that uvicorn offers
        await asyncio.sleep(0.01)
    try:
        yield bound.getsockname()
    finally:
        server.should_exit = True
        await serving
