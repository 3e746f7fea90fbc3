"""The store and those who work for it, for as long as a process lives."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import anyio

from gateway.inference import Inference
from gateway.jobs.memory import MemoryStore
from gateway.jobs.outbox import Outbox
from gateway.jobs.runner import Runner
from gateway.jobs.service import Jobs
from gateway.jobs.store import Limits, Store
from gateway.jobs.webhook import Webhooks
from gateway.jobs.worker import Worker
from gateway.metrics import Metrics
from gateway.settings import Settings

logger = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
DELIVERERS = 4  # so that a receiver that does not answer keeps few others waiting


def make_store(settings: Settings) -> Store:
    limits = Limits(
        queued=settings.job_max_queued,
        kept_bytes=settings.job_max_bytes,
        retention=settings.job_retention_seconds,
        lease=settings.job_lease_seconds,
    )
    if not settings.redis_url:
        return MemoryStore(limits)
    from gateway.jobs.redis import RedisStore  # noqa: PLC0415 - memory for those alone who have Redis

    return RedisStore(settings.redis_url, limits)


@asynccontextmanager
async def working(
    settings: Settings, inference: Inference, metrics: Metrics, drain: asyncio.Event
) -> AsyncIterator[Jobs]:
    """Provide the jobs, with workers and deliverers in the background.

    From `drain` on no job is taken from a store that others work on too; one that ends with this process is worked off,
    as far as the longest time of a request allows. At the end workers have the time of one request to finish what they
    do, then they hand it back.
    """
    store = make_store(settings)
    runner = Runner(inference, store, settings.job_deadline_seconds, settings.job_attempts)
    leaving = asyncio.Event()
    lease = settings.job_lease_seconds
    workers = [Worker(store, runner, lease, leaving, metrics) for _ in range(settings.job_workers)]
    async with AsyncExitStack() as stack:
        stack.push_async_callback(store.close)
        background = await stack.enter_async_context(anyio.create_task_group())
        if settings.webhook_secret:
            secret = settings.webhook_secret.get_secret_value()
            webhooks = await stack.enter_async_context(Webhooks(secret, insecure=settings.webhook_insecure))
            for _ in range(DELIVERERS):
                background.start_soon(_kept_up, Outbox(store, webhooks).run)
        for worker in workers:
            background.start_soon(_kept_up, worker.run)
        if store.lasting:
            background.start_soon(_pass_on, drain, leaving)
        yield Jobs(store, drain, metrics)
        if workers and not store.lasting:
            await _worked_off(store, settings.max_deadline_seconds)
        leaving.set()
        await _all_left(workers, settings.deadline_seconds)
        background.cancel_scope.cancel()


async def _kept_up(run: Callable[[], Awaitable[None]]) -> None:
    """Go on after what nobody foresaw: one job that breaks its worker must not end the process."""
    while True:
        try:
            await run()
        except Exception:
            logger.exception("unexpected error among the jobs")
            await anyio.sleep(1)
        else:
            return


async def _pass_on(drain: asyncio.Event, leaving: asyncio.Event) -> None:
    await drain.wait()
    leaving.set()


async def _worked_off(store: Store, seconds: float) -> None:
    with anyio.move_on_after(seconds):
        while await store.waiting():  # noqa: ASYNC110 - a store does not tell when it is empty
            await anyio.sleep(LOOK_SECONDS)
        return
    logger.warning("%d jobs that waited in this process are lost", await store.waiting())


async def _all_left(workers: list[Worker], seconds: float) -> None:
    with anyio.move_on_after(seconds):
        for worker in workers:
            await worker.left.wait()
