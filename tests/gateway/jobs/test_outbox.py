import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from gateway.jobs import outbox
from gateway.jobs.job import Job
from gateway.jobs.outbox import Outbox
from gateway.jobs.store import Store
from tests.gateway.jobs.orders import DONE, new

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


@asynccontextmanager
async def delivering(store: Store, receiver: Receiver) -> AsyncIterator[None]:
    runs = [asyncio.create_task(Outbox(store, receiver).run()) for _ in range(3)]  # type: ignore[arg-type]
    yield
    await asyncio.sleep(0.5)
    for run in runs:
        run.cancel()
    ends = await asyncio.gather(*runs, return_exceptions=True)
    assert {type(end) for end in ends} == {asyncio.CancelledError}


async def finished(store: Store) -> str:
    order = new(webhook="https://example.org/")
    await store.add(order)
    claim = await store.claim()
    assert claim
    await store.finish(claim, DONE)
    return order.id


@pytest.mark.parametrize(("failures", "posts"), [(0, 1), (2, 3), (9, 3)])
async def test_a_message_is_sent_until_it_is_taken_or_given_up(store: Store, failures: int, posts: int) -> None:
    receiver = Receiver(failures)
    async with delivering(store, receiver):
        job_id = await finished(store)
    assert receiver.posts == [job_id] * posts
    assert await store.claim_delivery(1) is None


async def test_a_message_of_a_sender_that_died_is_sent_by_another(
    make_store: Callable[..., Store],
) -> None:
    store = make_store()
    job_id = await finished(store)
    assert await store.claim_delivery(0.1)  # and dies
    receiver = Receiver(0)
    async with delivering(store, receiver):
        await asyncio.sleep(0.1)
    assert receiver.posts == [job_id]
