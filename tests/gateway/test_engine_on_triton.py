"""What the gateway makes of a pipeline whose engine is gone or has too much to do, on a real Triton."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.pictures import encoded
from tests.model_repository import slow_triton
from tests.model_repository.slow_triton import PLACES
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

    from tests.model_repository.slow_triton import SlowTriton

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowTriton]:
    with slow_triton.running(tmp_path_factory.mktemp("engine")) as server:
        yield server


@pytest.fixture
async def gateway(server: SlowTriton) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(triton_url=f"127.0.0.1:{server.process.grpc_port}")
    async with gateways.calling(create_app(settings)) as client:
        yield client


async def detect(gateway: httpx.AsyncClient) -> tuple[int, str]:
    answer = await gateway.post("/v1/detect", files={"file": encoded()})
    return answer.status_code, answer.json().get("type", "")


async def unready(gateway: httpx.AsyncClient) -> bool:
    (model,) = (await gateway.get("/v1/models")).json()["models"]
    assert (model["name"], model["engine"]) == ("detect", "yolov8n")
    return not model["ready"]


async def test_an_engine_that_is_unloaded_is_no_pipeline(gateway: httpx.AsyncClient, server: SlowTriton) -> None:
    assert await detect(gateway) == (200, "")
    server.client.unload_model("yolov8n")
    await until(lambda: not server.client.is_model_ready("yolov8n"))
    assert await detect(gateway) == (503, "/problems/no-pipeline")
    await until(lambda: unready(gateway))  # the catalogue is read once a second at most
    assert (await gateway.get("/readyz")).status_code == 503
    server.client.load_model("yolov8n")
    assert await detect(gateway) == (200, "")


async def test_a_full_queue_of_the_engine_is_a_full_queue(gateway: httpx.AsyncClient, server: SlowTriton) -> None:
    with server.held("yolov8n"):
        await asyncio.to_thread(server.occupy, PLACES - 1)
        waiting = asyncio.create_task(detect(gateway))
        await until(lambda: server.waiting("yolov8n") == PLACES, server.story)
        assert await detect(gateway) == (503, "/problems/queue-full")
    assert await waiting == (200, "")
