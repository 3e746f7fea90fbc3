"""A client of streams, and a Triton that takes its time."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import Infer
from tests.waiting import PATIENCE


@asynccontextmanager
async def streaming(settings: Settings, query: str = "task=detect", **options: Any) -> AsyncIterator[ClientConnection]:
    """Serve for one client."""
    async with gateways.listening(settings) as address, session(address, query, **options) as client:
        yield client


def session(address: tuple[str, int], query: str = "task=detect", **options: Any) -> connect:
    host, port = address
    return connect(f"ws://{host}:{port}/v1/stream?{query}", compression=None, max_size=None, **options)


async def told(client: ClientConnection) -> dict[str, Any]:
    """Return the next message, which has to be JSON."""
    message = await asyncio.wait_for(client.recv(), PATIENCE)
    assert isinstance(message, str)
    document: dict[str, Any] = json.loads(message)
    return document


def taking(seconds: float) -> Infer:
    async def infer(request: Any, context: Any) -> Any:
        await asyncio.sleep(seconds)
        return await fake_triton.answering(request, context)

    return infer
