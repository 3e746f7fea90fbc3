"""Clients that leave, in front of a real Triton: nothing is inferred for those that were still waiting."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.pictures import encoded
from tests.gateway.test_metrics import scraped
from tests.model_repository import slow_triton
from tests.model_repository.slow_repository import INSTANCES
from tests.waiting import until

if TYPE_CHECKING:
    from asyncio import StreamWriter
    from collections.abc import Iterator

    from tests.model_repository.slow_triton import SlowTriton

pytestmark = pytest.mark.anyio
CLIENTS, AT_TRITON = 16, 4
PICTURE = encoded(size=(640, 640))


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowTriton]:
    with slow_triton.running(tmp_path_factory.mktemp("leaving")) as server:
        yield server


async def test_http_clients_that_disconnect_while_they_wait_are_not_inferred_for(server: SlowTriton) -> None:
    settings = Settings(triton_url=f"127.0.0.1:{server.process.grpc_port}", max_concurrency=AT_TRITON)
    async with gateways.listening(settings) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as one:
        with server.held("yolov8n"):
            at_triton = [await asked(host, port) for _ in range(AT_TRITON)]
            await until(lambda: server.waiting("detect") == AT_TRITON - INSTANCES, server.story)
            await until(lambda: server.waiting("yolov8n") == INSTANCES - 1, server.story)
            in_line = [await asked(host, port) for _ in range(CLIENTS - AT_TRITON)]
            await in_flight(one, CLIENTS)
            # Those in line first: whose leaving is seen a moment later would get the place of one who left before.
            await leave(one, in_line, AT_TRITON)
            await leave(one, at_triton, 0)
            await until(lambda: server.noticed() == AT_TRITON, server.story)
        await until(lambda: server.ended() == AT_TRITON, server.story)
        assert server.cancelled() == AT_TRITON - INSTANCES
        assert len(server.runs()) <= INSTANCES
        assert (await scraped(one))["gateway_dead_inferences_total{}"] == 0


async def leave(gateway: httpx.AsyncClient, connections: list[StreamWriter], remaining: int) -> None:
    """Close connections, and wait until the gateway has noticed and works on the remaining ones."""
    for connection in connections:
        connection.close()
    await in_flight(gateway, remaining)


async def in_flight(gateway: httpx.AsyncClient, count: int) -> None:
    """Wait until the gateway works on so many requests, beside the one that asks."""

    async def reached() -> bool:
        return (await scraped(gateway))["gateway_in_flight{}"] == count + 1

    await until(reached)


async def asked(host: str, port: int) -> StreamWriter:
    """Return the connection of a client that has asked and does not read."""
    _, writer = await asyncio.open_connection(host, port)
    head = (
        "POST /v1/detect HTTP/1.1",
        "host: localhost",
        "content-type: image/jpeg",
        f"content-length: {len(PICTURE)}",
    )
    writer.write("\r\n".join([*head, "", ""]).encode() + PICTURE)
    await writer.drain()
    return writer
