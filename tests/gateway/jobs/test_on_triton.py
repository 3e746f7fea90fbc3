"""Jobs on a real Triton and a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest
from PIL import Image

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.jobs.test_kills import Workers, result
from tests.gateway.pictures import encoded
from tests.redis import RedisServer
from tests.waiting import STARTING

pytestmark = pytest.mark.anyio
# No worker of its own: jobs are done in processes that a test can kill.
NO_WORKERS = {"job_workers": 0}


class Stack(Protocol):
    @property
    def triton_grpc_port(self) -> int: ...


@pytest.fixture
def job_settings(stack: Stack, redis: RedisServer) -> Settings:
    return Settings(triton_url=f"127.0.0.1:{stack.triton_grpc_port}", redis_url=redis.url, job_lease_seconds=1)


@pytest.fixture
async def gateway(job_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways.calling(create_app(job_settings)) as client:
        yield client


async def submit(gateway: httpx.AsyncClient, count: int, **data: Any) -> str:
    files = [("file", encoded(size=(320 + number, 240))) for number in range(count)]
    answer = await gateway.post("/v1/jobs", data=data, files=files)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def test_both_tasks(gateway: httpx.AsyncClient) -> None:
    detect = await submit(gateway, 2, task="detect", confidence="0.001", max_detections="2")
    classify = await submit(gateway, 1, task="classify", top_k="3")
    told = await result(gateway, detect)
    assert [one["image"]["width"] for one in told["results"]] == [320, 321]
    assert all(len(one["detections"]) <= 2 for one in told["results"])
    assert len((await result(gateway, classify))["results"][0]["classifications"]) == 3
    image = await gateway.get(f"{detect}/image?index=1")
    assert Image.open(BytesIO(image.content)).size == (321, 240)


async def test_a_worker_is_killed_in_the_middle_of_a_job(job_settings: Settings, tmp_path: Path) -> None:
    changed = job_settings.model_copy(update=NO_WORKERS)
    async with gateways.calling(create_app(changed)) as gateway:
        workers = Workers(job_settings, tmp_path / "log", count=1)
        try:
            told = await result(gateway, await interrupted(gateway, workers))
        finally:
            workers.close()
    assert (told["status"], len(told["results"])) == ("completed", 16)
    assert not [one for one in told["results"] if "error" in one]


async def interrupted(gateway: httpx.AsyncClient, workers: Workers) -> str:
    """Return a job whose worker was killed when it had done some of it; one that was through by then is not it."""
    for _ in range(5):
        location = await submit(gateway, 16, task="detect")
        async with asyncio.timeout(STARTING):
            while not (await gateway.get(location)).json()["progress"]["done"]:  # noqa: ASYNC110 - as a caller would
                await asyncio.sleep(0.02)
        workers.kill_one()
        status = (await gateway.get(location)).json()["status"]
        if status != "completed":
            assert status == "processing"
            return location
    raise AssertionError("every job was through before its worker could be killed")
