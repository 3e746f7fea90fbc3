"""Workers that come and go."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from gateway.errors import StoreUnavailable
from gateway.jobs import worker
from gateway.jobs.job import Claim, Job, Outcome, Status
from gateway.jobs.memory import MemoryStore
from gateway.jobs.redis import RedisStore
from gateway.jobs.runner import Progress, Runner
from gateway.jobs.store import Store
from gateway.jobs.worker import Worker
from gateway.metrics import Metrics
from gateway.settings import Settings
from tests.gateway import fake_triton
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.jobs.conftest import LIMITS
from tests.gateway.jobs.orders import DONE, new
from tests.gateway.pictures import encoded
from tests.redis import RedisServer
from tests.waiting import PATIENCE, STARTING, until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


class Work(Runner):
    """Takes for each job until there was `enough`, and writes down what became of it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.enough = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def run(self, claim: Claim, progress: Progress) -> Outcome:
        self.begun.set()
        try:
            await self.enough.wait()
            await progress(claim.spec.files)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return DONE


@pytest.fixture
async def start(store: Store) -> AsyncIterator[Callable[..., asyncio.Event]]:
    """Return what starts a worker; setting the event tells it to leave."""
    async with anyio.create_task_group() as group:

        def begin(work: Work, kept: Store = store) -> asyncio.Event:
            leaving = asyncio.Event()
            group.start_soon(Worker(kept, work, 60, leaving, Metrics()).run)
            return leaving

        yield begin
        group.cancel_scope.cancel()


async def found(store: Store, job_id: str) -> Job:
    job = await store.get(job_id)
    assert job
    return job


async def reached(store: Store, job_id: str, status: Status) -> None:
    async def is_there() -> bool:
        return (await found(store, job_id)).status is status

    await until(is_there)


async def test_a_cancelled_job_stops_its_work_and_the_next_one_begins(
    store: Store, start: Callable[..., asyncio.Event]
) -> None:
    first, second = new(), new()
    await store.add(first)
    work = Work()
    start(work)
    await asyncio.wait_for(work.begun.wait(), PATIENCE)
    await store.cancel(first.id)
    await store.add(second)
    await asyncio.wait_for(work.cancelled.wait(), PATIENCE)
    work.enough.set()
    await reached(store, second.id, Status.COMPLETED)
    assert (await found(store, first.id)).status is Status.CANCELLED


async def test_a_worker_told_to_leave_finishes_and_takes_no_more(
    store: Store, start: Callable[..., asyncio.Event]
) -> None:
    first, second = new(), new()
    await store.add(first)
    work = Work()
    leaving = start(work)
    await asyncio.wait_for(work.begun.wait(), PATIENCE)
    await store.add(second)
    leaving.set()
    work.enough.set()
    await reached(store, first.id, Status.COMPLETED)
    await asyncio.sleep(0.2)
    assert (await found(store, second.id)).status is Status.QUEUED


async def test_a_worker_that_is_stopped_hands_its_job_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "HAND_BACK_SECONDS", 60)
    order = new()
    await store.add(order)
    work = Work()
    task = asyncio.create_task(Worker(store, work, 60, asyncio.Event(), Metrics()).run())
    await asyncio.wait_for(work.begun.wait(), PATIENCE)
    task.cancel()
    await asyncio.wait([task])
    assert (await found(store, order.id)).position == 1


class Forgetful(MemoryStore):
    """Away whenever told so; `missed` is what it was asked meanwhile."""

    away = False

    def __init__(self) -> None:
        super().__init__(LIMITS)
        self.missed: set[str] = set()

    async def finish(self, claim: Claim, outcome: Outcome) -> bool:
        self._check("finish")
        return await super().finish(claim, outcome)

    async def beat(self, claim: Claim, done: int) -> bool:
        self._check("beat")
        return await super().beat(claim, done)

    async def claim(self) -> Claim | None:
        self._check("claim")
        return await super().claim()

    def _check(self, asked: str) -> None:
        if self.away:
            self.missed.add(asked)
            raise StoreUnavailable


async def test_a_store_that_is_away_is_waited_for(start: Callable[..., asyncio.Event]) -> None:
    store = Forgetful()
    order = new()
    await store.add(order)
    work = Work()
    start(work, store)
    await asyncio.wait_for(work.begun.wait(), PATIENCE)
    store.away = True
    await until(lambda: "beat" in store.missed)
    work.enough.set()
    await until(lambda: "finish" in store.missed)
    assert (await found(store, order.id)).status is Status.PROCESSING
    assert not work.cancelled.is_set()
    store.away = False
    await reached(store, order.id, Status.COMPLETED)


async def test_sigterm_hands_back_what_takes_too_long(
    redis: RedisServer, gateway_settings: Settings, triton: FakeTriton, tmp_path: Path
) -> None:
    """`python -m gateway.jobs`, as a process; another worker goes on at once, not when the lease is over."""
    triton.infer = fake_triton.never
    store = RedisStore(redis.url, LIMITS)
    order = new(encoded())
    await store.add(order)
    environment = {
        **os.environ,
        "GATEWAY_TRITON_URL": gateway_settings.triton_url,
        "GATEWAY_REDIS_URL": redis.url,
        "GATEWAY_DEADLINE_SECONDS": "0.5",
    }
    process = started(environment, tmp_path / "log")
    try:
        await asyncio.wait_for(triton.arrived.wait(), STARTING)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE) == 0  # its job would have taken a minute
        await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)
        job = await found(store, order.id)
        assert (job.status, job.position) == (Status.QUEUED, 1)
        claim = await store.claim()
        assert claim
        assert (claim.id, claim.losses) == (order.id, 0)
        assert "Traceback" not in (tmp_path / "log").read_text()
    finally:
        process.kill()
        process.wait()
        await store.close()


def started(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen([sys.executable, "-m", "gateway.jobs"], cwd=ROOT, env=environment, stderr=output)


def test_working_on_jobs_of_another_process_needs_redis() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GATEWAY_REDIS_URL"}
    command = [sys.executable, "-m", "gateway.jobs"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "GATEWAY_REDIS_URL" in done.stderr
    assert "Traceback" not in done.stderr
