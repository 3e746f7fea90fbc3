"""What every store promises, asked of each."""

import asyncio
import time
from collections.abc import Callable

import pytest

from gateway.errors import IdempotencyMismatch, StoreFull
from gateway.jobs.job import Claim, Outcome, Status
from gateway.jobs.store import Store
from tests.gateway.jobs.orders import DONE, new
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
MakeStore = Callable[..., Store]


async def within(store: Store, seconds: float) -> Claim | None:
    """Claim as a worker does."""
    end = time.monotonic() + seconds
    while not (claim := await store.claim()) and (left := end - time.monotonic()) > 0:
        await store.news(min(left, 0.05))
    return claim


async def claimed(store: Store) -> Claim:
    claim = await within(store, PATIENCE)
    assert claim
    return claim


async def status(store: Store, job_id: str) -> Status | None:
    job = await store.get(job_id)
    return job.status if job else None


async def test_a_job_is_kept_as_it_was_ordered(store: Store) -> None:
    order = new(b"\x00\xff\r\n", b"two", owner="me", webhook="https://example.org/")
    ordered = time.time()
    job = await store.add(order)
    assert ordered - 0.01 <= job.created_at <= time.time() + 0.01  # Redis writes down milliseconds
    assert job == await store.get(order.id)
    assert (job.spec, job.status, job.position, job.done) == (order.spec, Status.QUEUED, 1, 0)
    assert [await store.picture(order.id, index) for index in range(3)] == [b"\x00\xff\r\n", b"two", None]
    assert await store.get("unknown") is None
    assert await store.picture("unknown", 0) is None


async def test_jobs_are_done_in_the_order_of_their_acceptance(store: Store) -> None:
    orders = [new() for _ in range(3)]
    for place, order in enumerate(orders, 1):
        assert (await store.add(order)).position == place
    assert (await claimed(store)).id == orders[0].id
    waiting = [await store.get(order.id) for order in orders]
    assert [job.position for job in waiting if job] == [None, 1, 2]
    assert [(await claimed(store)).id for _ in range(2)] == [order.id for order in orders[1:]]
    assert await store.claim() is None


async def test_from_claim_to_outcome(store: Store) -> None:
    order = new(b"one", b"two")
    await store.add(order)
    claim = await claimed(store)
    assert (claim.spec, claim.attempt, claim.losses) == (order.spec, 1, 0)
    assert await store.beat(claim, 1)
    job = await store.get(order.id)
    assert job
    assert (job.status, job.done, job.position, job.finished_at) == (Status.PROCESSING, 1, None, None)
    assert await store.finish(claim, DONE)
    job = await store.get(order.id)
    assert job
    assert (job.status, job.done, job.results) == (Status.COMPLETED, 2, [{"model": "yolov8n"}])
    assert job.created_at <= (job.started_at or 0) <= (job.finished_at or 0)
    assert (job.expires_at or 0) - (job.finished_at or 0) == pytest.approx(60, abs=0.01)
    assert await store.picture(order.id, 1) == b"two"
    assert await store.claim() is None


async def test_an_outcome_is_kept_once(store: Store) -> None:
    await store.add(new())
    claim = await claimed(store)
    assert await store.finish(claim, DONE)
    assert not await store.finish(claim, Outcome.completed([]))
    assert not await store.beat(claim, 0)
    job = await store.get(claim.id)
    assert job
    assert job.results == [{"model": "yolov8n"}]


async def test_the_job_of_a_lost_worker_is_run_again_and_its_late_result_is_refused(make_store: MakeStore) -> None:
    store = make_store(lease=0.1)
    await store.add(new())
    late = await claimed(store)
    again = await claimed(store)
    assert (again.id, again.attempt, again.losses) == (late.id, 2, 1)
    assert not await store.beat(late, 1)
    assert not await store.finish(late, Outcome.completed([{"late": True}]))
    await store.hand_back(late)
    assert await status(store, late.id) is Status.PROCESSING
    assert await store.finish(again, DONE)
    job = await store.get(again.id)
    assert job
    assert job.results == [{"model": "yolov8n"}]


async def test_a_worker_that_gives_signs_of_life_keeps_its_job(make_store: MakeStore) -> None:
    lease = 0.4
    store = make_store(lease=lease)
    await store.add(new())
    claim, since = await claimed(store), time.monotonic()
    while time.monotonic() - since < 2 * lease:
        beaten = time.monotonic()
        assert await store.beat(claim, 0)
        if other := await within(store, lease / 4):
            assert time.monotonic() - beaten > lease  # the machine stood still, and so did the worker
            claim, since = other, time.monotonic()
    assert await store.finish(claim, DONE)


async def test_a_job_handed_back_is_the_next_one_and_nobody_was_lost(store: Store) -> None:
    first, second = new(), new()
    await store.add(first)
    await store.add(second)
    claim = await claimed(store)
    await store.hand_back(claim)
    job = await store.get(first.id)
    assert job
    assert (job.status, job.position) == (Status.QUEUED, 1)
    again = await claimed(store)
    assert (again.id, again.losses) == (first.id, 0)
    assert again.attempt > claim.attempt
    assert not await store.finish(claim, DONE)
    assert (await claimed(store)).id == second.id


async def test_a_cancelled_job_never_runs(store: Store) -> None:
    first, second = new(), new()
    await store.add(first)
    await store.add(second)
    await store.cancel(first.id)
    job = await store.get(first.id)
    assert job
    assert (job.status, job.position) == (Status.CANCELLED, None)
    assert job.expires_at
    assert await store.picture(first.id, 0) is None
    assert (await claimed(store)).id == second.id
    assert await store.claim() is None


async def test_cancelling_takes_the_job_from_its_worker(store: Store) -> None:
    await store.add(new())
    claim = await claimed(store)
    await store.cancel(claim.id)
    assert not await store.beat(claim, 0)
    assert not await store.finish(claim, DONE)
    assert await status(store, claim.id) is Status.CANCELLED


async def test_cancelling_a_finished_job_removes_it(make_store: MakeStore) -> None:
    store = make_store(kept_bytes=new().size + len(DONE.content))
    order = new(key="mine", webhook="https://example.org/")
    await store.add(order)
    await store.finish(await claimed(store), DONE)
    await store.cancel(order.id)
    assert await store.get(order.id) is None
    assert await store.picture(order.id, 0) is None
    assert await store.claim_delivery(1) is None
    await store.cancel(order.id)  # again, or never known: nothing to say
    assert (await store.add(new(key="mine", fingerprint="other"))).status is Status.QUEUED


async def test_everything_of_a_finished_job_expires(make_store: MakeStore) -> None:
    retention = 0.3
    store = make_store(retention=retention, kept_bytes=new().size + len(DONE.content))
    order = new(key="mine", webhook="https://example.org/")
    await store.add(order)
    claim, before = await claimed(store), time.monotonic()
    await store.finish(claim, DONE)
    assert await status(store, order.id) is Status.COMPLETED or time.monotonic() - before > retention

    async def is_gone() -> bool:
        return await store.get(order.id) is None

    await until(is_gone)
    assert await store.picture(order.id, 0) is None
    assert await store.claim_delivery(1) is None
    assert (await store.add(new(key="mine", fingerprint="other"))).status is Status.QUEUED


async def test_a_queued_job_does_not_expire(make_store: MakeStore) -> None:
    store = make_store(retention=0.05)
    order = new()
    await store.add(order)
    await asyncio.sleep(0.1)
    assert await status(store, order.id) is Status.QUEUED


async def test_too_many_jobs_are_refused_and_leave_nothing(store: Store) -> None:
    for _ in range(5):
        await store.add(new())
    refused = new(key="mine")
    with pytest.raises(StoreFull):
        await store.add(refused)
    assert await store.get(refused.id) is None
    assert await store.picture(refused.id, 0) is None
    await claimed(store)  # one fewer waits
    assert (await store.add(new(key="mine", fingerprint="other"))).position == 5


async def test_too_many_bytes_are_refused_until_there_is_room(make_store: MakeStore) -> None:
    store = make_store(kept_bytes=5000)
    await store.add(new(b"x" * 4000))
    refused = new(b"y" * 4000)
    with pytest.raises(StoreFull):
        await store.add(refused)
    claim = await claimed(store)
    await store.finish(claim, DONE)
    with pytest.raises(StoreFull):  # its picture is still to be had
        await store.add(refused)
    await store.cancel(claim.id)
    await store.add(refused)


async def test_results_count_too(make_store: MakeStore) -> None:
    store = make_store(kept_bytes=2 * new().size + 1000)
    await store.add(new())
    await store.finish(await claimed(store), Outcome.completed([{"x": "y" * 1001}]))
    with pytest.raises(StoreFull):
        await store.add(new())


async def test_a_cancelled_job_gives_back_its_bytes(make_store: MakeStore) -> None:
    store = make_store(kept_bytes=5000)
    order = new(b"x" * 4000)
    await store.add(order)
    await store.cancel(order.id)
    await store.add(new(b"y" * 4000))


async def test_the_same_key_is_the_same_job(store: Store) -> None:
    order = new(key="mine")
    await store.add(order)
    assert (await store.add(new(key="mine"))).id == order.id
    assert (await store.add(new(key="yours"))).id != order.id
    with pytest.raises(IdempotencyMismatch):
        await store.add(new(key="mine", fingerprint="other"))
    await store.finish(await claimed(store), DONE)
    assert (await store.add(new(key="mine"))).status is Status.COMPLETED
    assert (await claimed(store)).id != order.id
    assert await store.claim() is None


async def test_a_worker_that_waits_is_woken(store: Store) -> None:
    assert await store.claim() is None
    waiting = asyncio.create_task(store.news(3 * PATIENCE))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await store.add(new())
    await asyncio.wait_for(waiting, PATIENCE)
    assert await store.claim()


async def test_a_job_that_came_since_the_last_claim_is_news(store: Store) -> None:
    assert await store.claim() is None
    await store.add(new())
    await asyncio.wait_for(store.news(3 * PATIENCE), PATIENCE)


async def test_a_job_is_claimed_by_one(store: Store) -> None:
    order = new()
    claims: list[Claim] = []
    enough = asyncio.Event()

    async def work() -> None:
        while not enough.is_set():
            if claim := await within(store, 0.05):
                claims.append(claim)
                return

    async with asyncio.TaskGroup() as workers:
        for _ in range(4):
            workers.create_task(work())
        await asyncio.sleep(0.05)
        await store.add(order)
        await until(lambda: claims)
        await asyncio.sleep(0.2)  # for whoever takes it, too
        enough.set()
    assert [claim.id for claim in claims] == [order.id]


async def test_a_webhook_is_due_when_the_job_has_ended_and_taken_by_one(store: Store) -> None:
    order = new(webhook="https://example.org/")
    await store.add(order)
    await store.add(new())
    claim = await claimed(store)
    assert await store.claim_delivery(1) is None
    await store.finish(claim, DONE)
    await store.finish(await claimed(store), DONE)  # wants none
    deliveries = [found for found in [await store.claim_delivery(60) for _ in range(3)] if found]
    assert [(found.job.id, found.job.results, found.attempt) for found in deliveries] == [
        (order.id, [{"model": "yolov8n"}], 1)
    ]
    await store.settle(order.id)
    await store.postpone(order.id, 0)  # too late: it was delivered
    assert await store.claim_delivery(60) is None


async def test_a_webhook_is_due_again_when_its_sender_is_lost_or_postpones_it(store: Store) -> None:
    await store.add(new(webhook="https://example.org/"))
    claim = await claimed(store)
    await store.finish(claim, Outcome(Status.FAILED, b"{}"))
    assert await store.claim_delivery(0.1)
    await asyncio.sleep(0.15)
    found = await store.claim_delivery(60)
    assert found
    assert found.attempt == 2
    await store.postpone(claim.id, 60)
    assert await store.claim_delivery(60) is None
    await store.postpone(claim.id, 0.1)
    await asyncio.sleep(0.15)
    assert await store.claim_delivery(60)
