import asyncio
import threading
from dataclasses import replace
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.gpu import Gpus
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.test_gpu import FakeNvml
from tests.gateway.test_metrics import FULL, detect
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
GPU = ("gpu_usage_percent", "gpu_memory_used_mb", "gpu_memory_total_mb", "gpu_temperature_c")


async def stats(gateway: httpx.AsyncClient) -> dict[str, Any]:
    answer = await gateway.get("/v1/stats")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def test_before_and_after_work(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    fresh = await stats(gateway)
    assert (fresh["requests"], fresh["avg_latency_ms"], fresh["current_fps"]) == (0, None, 0)
    await gateway.post("/v1/detect", files=[("file", encoded())] * 3)
    triton.infer = FULL
    await detect(gateway)
    busy = await stats(gateway)
    assert (busy["answers"], busy["sheds"], busy["deadline_misses"]) == (3, 1, 0)
    assert 0 < busy["p50_latency_ms"] <= busy["p95_latency_ms"]
    assert busy["avg_latency_ms"] > 0
    assert busy["current_fps"] > 0
    assert busy["requests"] == 3
    assert busy["in_flight"] == 1
    assert busy["uptime_s"] >= 0


async def test_triton(gateway: httpx.AsyncClient) -> None:
    assert (await stats(gateway))["triton"] == {"ready": True, "version": "2.51.0"}
    async with gateways.calling(create_app(Settings(triton_url="127.0.0.1:1"))) as lonely:
        assert (await stats(lonely))["triton"] == {"ready": False, "version": None}


async def test_without_a_gpu(gateway_settings: Settings) -> None:
    found = await _with(FakeNvml(gpus=0), gateway_settings)
    assert found["gpu_available"] is False
    assert [found[name] for name in GPU] == [None] * 4


async def test_with_gpus(gateway_settings: Settings) -> None:
    found = await _with(FakeNvml(), gateway_settings)
    assert found["gpu_available"] is True
    assert [found[name] for name in GPU] == [10.0, 3072, 16384, 51]


async def test_a_slow_driver_does_not_stop_the_others(gateway_settings: Settings) -> None:
    asked, told = threading.Event(), threading.Event()

    class Slow(FakeNvml):
        def nvmlDeviceGetCount(self) -> int:  # noqa: N802
            asked.set()
            assert told.wait(PATIENCE), "nothing else was done meanwhile"
            return 1

    asking = asyncio.create_task(_with(Slow(), gateway_settings))
    await until(asked.is_set)
    told.set()
    assert (await asking)["gpu_available"]


async def _with(nvml: FakeNvml, settings: Settings) -> dict[str, Any]:
    app = create_app(settings)
    async with gateways.calling(app) as gateway:
        app.state.services = replace(app.state.services, gpus=Gpus(nvml))
        return await stats(gateway)
