"""Workers that are killed lose no job and send no webhook twice. Real processes, real Redis.

KILLS=100 python -m pytest tests/gateway/jobs/test_kills.py --log-cli-level=INFO
"""

import asyncio
import base64
import logging
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.app import create_app
from gateway.jobs import outbox
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.jobs.receiver import Receiver
from tests.gateway.pictures import encoded
from tests.redis import RedisServer
from tests.waiting import STARTING, until

pytestmark = pytest.mark.anyio
logger = logging.getLogger(__name__)
ROOT = Path(__file__).parents[3]
KILLS = int(os.environ.get("KILLS", "4"))
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
LEASE = 2.0


class Workers:
    """Processes that do nothing but jobs; one that is killed is replaced."""

    def __init__(self, settings: Settings, log: Path, count: int = 2) -> None:
        self._log = log.open("ab")
        self._environment = {
            **os.environ,
            "GATEWAY_TRITON_URL": settings.triton_url,
            "GATEWAY_REDIS_URL": str(settings.redis_url),
            "GATEWAY_JOB_LEASE_SECONDS": str(LEASE),
            "GATEWAY_JOB_ATTEMPTS": "1000",
            "GATEWAY_WEBHOOK_SECRET": SECRET,
            "GATEWAY_WEBHOOK_INSECURE": "true",
        }
        self._processes = [self._start() for _ in range(count)]

    def kill_one(self) -> None:
        victim = self._processes.pop(0)
        victim.kill()
        victim.wait()
        self._processes.append(self._start())

    def close(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()
        self._log.close()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "gateway.jobs"]
        return subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=self._log)


@pytest.fixture
async def settings(gateway_settings: Settings, redis: RedisServer) -> Settings:
    changed = {"redis_url": redis.url, "job_workers": 0, "webhook_insecure": True, "job_lease_seconds": LEASE}
    return gateway_settings.model_copy(update=changed)


async def test_no_job_is_lost_and_no_webhook_is_sent_twice(
    settings: Settings, triton: FakeTriton, tmp_path: Path
) -> None:
    async def slow(request: Any, context: Any) -> Any:
        await asyncio.sleep(random.uniform(0.05, 0.3))
        return await fake_triton.answering(request, context)

    triton.infer = slow
    receiver, log = Receiver(), tmp_path / "workers.log"
    # The gateway under test only accepts; that it may ask for webhooks is all it needs the secret for.
    accepting = settings.model_copy(update={"webhook_secret": SecretStr(SECRET)})
    workers = Workers(settings, log)
    try:
        async with receiver.listening() as hook, gateways.calling(create_app(accepting)) as gateway:
            jobs: list[str] = []
            for _ in range(KILLS):
                triton.arrived.clear()  # now: when the last job is accepted, all of them may be through
                jobs += [await submitted(gateway, hook) for _ in range(3)]
                await asyncio.wait_for(triton.arrived.wait(), STARTING)
                await asyncio.sleep(random.uniform(0, 0.4))
                workers.kill_one()
            ended = [await result(gateway, job) for job in jobs]
            await until(lambda: len(receiver.received) >= len(jobs), log.read_text, STARTING)
            await asyncio.sleep(1)
    finally:
        workers.close()
    logger.info("%d kills, %d jobs, %d inferences", KILLS, len(jobs), len(triton.requests))
    logger.info("%d messages, again after %s seconds", len(receiver.received), receiver.repeated)
    assert [one["status"] for one in ended] == ["completed"] * len(jobs), log.read_text()
    assert all(len(one["results"]) == 2 for one in ended)
    assert len(receiver.received) == len(jobs)
    # What a sender killed between the receiver's answer and its own note of it has sent is sent again, by another and
    # when the lease is over: long before that would be a defect.
    assert [seconds for seconds in receiver.repeated if seconds < outbox.LEASE_SECONDS / 4] == []
    assert len(receiver.repeated) <= KILLS


async def submitted(gateway: httpx.AsyncClient, hook: str) -> str:
    files = [("file", encoded()), ("file", encoded("PNG"))]
    answer = await gateway.post("/v1/jobs", data={"task": "detect", "webhook": hook}, files=files)
    assert answer.status_code == 202, answer.text
    return answer.headers["location"]


async def result(gateway: httpx.AsyncClient, location: str) -> dict[str, Any]:
    told: dict[str, Any] = {}

    async def has_ended() -> bool:
        told.update((await gateway.get(location)).json())
        return told["status"] not in ("queued", "processing")

    await until(has_ended, lambda: told, STARTING)
    return told
