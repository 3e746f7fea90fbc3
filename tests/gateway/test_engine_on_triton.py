"""What the gateway makes of a pipeline whose engine is gone or has too much to do, on a real Triton."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tritonclient.grpc as triton

from gateway.app import create_app
from gateway.settings import Settings
from tests.embedded.servers import EmbeddedProcess
from tests.gateway import gateways
from tests.gateway.pictures import encoded
from tests.model_repository.slow_repository import write_repository
from tests.triton_metrics import metrics, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import httpx

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedProcess]:
    process = EmbeddedProcess(write_repository(tmp_path_factory.mktemp("engine") / "models"))
    try:
        process.wait_until_ready()
        yield process
    finally:
        process.stop()


@pytest.fixture
def direct(server: EmbeddedProcess) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(f"127.0.0.1:{server.grpc_port}")
    yield client
    client.close()


@pytest.fixture
async def gateway(server: EmbeddedProcess) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways.calling(create_app(Settings(triton_url=f"127.0.0.1:{server.grpc_port}"))) as client:
        yield client


async def detect(gateway: httpx.AsyncClient) -> tuple[int, str]:
    answer = await gateway.post("/v1/detect", files={"file": encoded()})
    return answer.status_code, answer.json().get("type", "")


async def test_an_engine_that_is_unloaded_is_no_pipeline(
    gateway: httpx.AsyncClient, direct: triton.InferenceServerClient
) -> None:
    assert await detect(gateway) == (200, "")
    direct.unload_model("yolov8n")
    await until(lambda: not direct.is_model_ready("yolov8n"))
    assert await detect(gateway) == (503, "/problems/no-pipeline")
    await asyncio.sleep(1)  # the catalogue is not read more often
    (model,) = (await gateway.get("/v1/models")).json()["models"]
    assert (model["name"], model["engine"], model["ready"]) == ("detect", "yolov8n", False)
    assert (await gateway.get("/readyz")).status_code == 503
    direct.load_model("yolov8n")
    assert await detect(gateway) == (200, "")


async def test_a_full_queue_of_the_engine_is_a_full_queue(
    server: EmbeddedProcess, gateway: httpx.AsyncClient, direct: triton.InferenceServerClient
) -> None:
    busy = triton.InferInput("images", [1, 1, 1, 3], "UINT8")
    busy.set_data_from_numpy(np.array([[[[100, 0, 0]]]], np.uint8))  # a second each: one works, one waits
    for _ in range(2):
        direct.async_infer("yolov8n", [busy], lambda result, error: None)  # noqa: ARG005 - called with these names
        await asyncio.sleep(0.2)
    await until(lambda: metrics(server.metrics_port)["nv_inference_pending_request_count", "yolov8n"] == 1)
    assert await detect(gateway) == (503, "/problems/queue-full")
