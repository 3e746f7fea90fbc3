"""What operators see of jobs."""

import asyncio

import grpc
import pytest

from gateway.app import create_app
from gateway.jobs.store import Store
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton, failing
from tests.gateway.jobs.orders import new
from tests.gateway.routes.test_jobs import ended, submit
from tests.gateway.test_metrics import scraped
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio


async def test_the_store_knows_how_many_wait(store: Store) -> None:
    assert await store.waiting() == 0
    for _ in range(3):
        await store.add(new())
    await store.claim()
    assert await store.waiting() == 2


async def test_waiting_and_finished_jobs(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    one_at_a_time = gateway_settings.model_copy(update={"job_workers": 1})
    async with gateways.calling(create_app(one_at_a_time)) as gateway:

        async def one_waits() -> bool:
            return (await scraped(gateway))["gateway_jobs_waiting{}"] == 1

        first, second = await submit(gateway), await submit(gateway)
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        await until(one_waits)  # it is looked at once a second
        for job in (second, first):
            await gateway.delete(job.headers["location"])
        triton.infer = fake_triton.answering
        await ended(gateway, await submit(gateway))
        triton.infer = failing(grpc.StatusCode.UNAVAILABLE, "away")  # waited for as long as the job has time
        await ended(gateway, await submit(gateway, data={"deadline_ms": "500"}))
        values = await scraped(gateway)
    finished = {
        end: values[f"gateway_jobs_finished_total{{status={end}}}"] for end in ("completed", "failed", "cancelled")
    }
    assert finished == {"completed": 1, "failed": 1, "cancelled": 2}
