"""Gateways to test against: in this process, without a socket, or behind a real server."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from gateway.app import create_app
from gateway.settings import Settings


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            yield client


@asynccontextmanager
async def listening(settings: Settings) -> AsyncIterator[tuple[str, int]]:
    """Serve over a socket: what depends on connections cannot be seen without one."""
    server = uvicorn.Server(uvicorn.Config(create_app(settings), log_config=None, access_log=False))
    bound = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - all that uvicorn offers
        await asyncio.sleep(0.01)
    try:
        yield bound.getsockname()
    finally:
        server.should_exit = True
        await serving
