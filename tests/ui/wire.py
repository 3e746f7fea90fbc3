"""A line to the real gateway on which faults can be laid."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from gateway.problems import respond

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from gateway.errors import GatewayError


@dataclass
class Wire:
    """Hands requests on; those to `/v1/detect` meet the fault, if one is laid."""

    gateway: httpx.AsyncClient
    problem: GatewayError | None = None
    answer: bytes | None = None
    """In place of the gateway's."""
    silent: bool = False
    """Nothing is answered before this is mended."""
    detections: int = 0
    """Requests for detections so far."""
    _mended: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        if request.url.path == "/v1/detect":
            self.detections += 1
            if fault := await self._fault():
                return fault
        headers = {name: request.headers[name] for name in ("content-type", "accept") if name in request.headers}
        url = httpx.URL(request.url.path, query=request.url.query.encode())
        answer = await self.gateway.request(request.method, url, content=body, headers=headers)
        kept = {name: answer.headers[name] for name in ("content-type", "server-timing") if name in answer.headers}
        return Response(answer.content, answer.status_code, kept)

    async def _fault(self) -> Response | None:
        if self.silent:
            await self._mended.wait()
        if self.problem:
            return respond(self.problem, "request-1")
        return Response(self.answer, media_type="application/json") if self.answer is not None else None

    def mend(self) -> None:
        self.problem, self.answer, self.silent = None, None, False
        self._mended.set()
        self._mended = asyncio.Event()


@asynccontextmanager
async def stretched(gateway_url: str) -> AsyncIterator[tuple[Wire, str]]:
    """Provide a line to a gateway, and its address."""
    async with httpx.AsyncClient(base_url=gateway_url, timeout=30) as client:
        wire = Wire(client)
        app = Starlette(routes=[Route("/{path:path}", wire.handle, methods=["GET", "POST"])])
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        bound = socket.create_server(("127.0.0.1", 0))
        serving = asyncio.create_task(server.serve([bound]))
        try:
            yield wire, f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
