"""What becomes of jobs that are kept in a process when it is told to stop."""

import asyncio
from typing import Any

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


def slow(triton: FakeTriton, seconds: float) -> None:
    answering = triton.infer

    async def infer(request: Any, context: Any) -> Any:
        await asyncio.sleep(seconds)
        return await answering(request, context)

    triton.infer = infer


async def submit_and_leave(settings: Settings, count: int) -> None:
    async with gateways.calling(create_app(settings)) as client:
        for _ in range(count):
            answer = await client.post("/v1/jobs", data={"task": "detect"}, files={"file": encoded()})
            assert answer.status_code == 202


async def test_jobs_that_wait_are_worked_off(gateway_settings: Settings, triton: FakeTriton) -> None:
    slow(triton, 0.1)
    limits = {"job_workers": 1, "max_deadline_seconds": 60, "deadline_seconds": 60}
    await submit_and_leave(gateway_settings.model_copy(update=limits), 4)
    assert len(triton.requests) == 4


async def test_but_not_for_ever(
    gateway_settings: Settings, triton: FakeTriton, caplog: pytest.LogCaptureFixture
) -> None:
    triton.infer = fake_triton.never  # which is a minute
    limits = {"job_workers": 1, "max_deadline_seconds": 0.3, "deadline_seconds": 0.3}
    async with asyncio.timeout(PATIENCE):
        await submit_and_leave(gateway_settings.model_copy(update=limits), 5)
    assert "jobs that waited in this process are lost" in caplog.text


async def test_no_job_is_accepted_that_nobody_would_work_on(gateway_settings: Settings, triton: FakeTriton) -> None:
    app = create_app(gateway_settings)
    async with gateways.calling(app) as client:
        app.state.services.lifecycle.drain.set()
        answer = await client.post("/v1/jobs", data={"task": "detect"}, files={"file": encoded()})
    assert answer.status_code == 503
    assert answer.json()["type"] == "/problems/shutting-down"
    assert not triton.requests
