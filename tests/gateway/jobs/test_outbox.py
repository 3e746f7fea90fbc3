import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from gateway.jobs import outbox
from gateway.jobs.job import Job
from gateway.jobs.outbox import Outbox
from gateway.jobs.store import Store
from tests.gateway.jobs.orders import DONE, new
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


class Receiver:
    """Stands for `Webhooks`: fails the first `failures` times."""

    def __init__(self, failures: int) -> None:
        self.failures = failures
        self.posts: list[str] = []

    async def post(self, job: Job) -> bool:
        self.posts.append(job.id)
        return len(self.posts) > self.failures


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(outbox, "PAUSES", (0.05, 0.05))


@pytest.fixture
def settled(store: Store, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Tell when nothing is left to do for a message."""
    event, settle = asyncio.Event(), store.settle

    async def told(job_id: str) -> None:
        await settle(job_id)
        event.set()

    monkeypatch.setattr(store, "settle", told)
    return event


@asynccontextmanager
async def delivering(store: Store, receiver: Receiver) -> AsyncIterator[None]:
    # As the gateway ends them: a cancellation that meets a write to Redis can be lost, one of a scope is repeated.
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(Outbox(store, receiver).run)  # type: ignore[arg-type]
        yield
        await asyncio.sleep(0.2)  # for whoever sends too often
        group.cancel_scope.cancel()


async def finished(store: Store) -> str:
    order = new(webhook="https://example.org/")
    await store.add(order)
    claim = await store.claim()
    assert claim
    await store.finish(claim, DONE)
    return order.id


@pytest.mark.parametrize(("failures", "posts"), [(0, 1), (2, 3), (9, 3)])
async def test_a_message_is_sent_until_it_is_taken_or_given_up(
    store: Store, settled: asyncio.Event, failures: int, posts: int
) -> None:
    receiver = Receiver(failures)
    async with delivering(store, receiver):
        job_id = await finished(store)
        await asyncio.wait_for(settled.wait(), PATIENCE)
    assert receiver.posts == [job_id] * posts
    assert await store.claim_delivery(1) is None


async def test_a_message_of_a_sender_that_died_is_sent_by_another(store: Store, settled: asyncio.Event) -> None:
    job_id = await finished(store)
    assert await store.claim_delivery(0.1)  # and dies
    receiver = Receiver(0)
    async with delivering(store, receiver):
        await asyncio.wait_for(settled.wait(), PATIENCE)
    assert receiver.posts == [job_id]
