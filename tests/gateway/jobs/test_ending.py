"""Tasks that use a store end when they are told to, whatever they do in that moment."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from gateway.jobs.store import Store
from tests.gateway.jobs.orders import new
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio
TASKS = 300


async def for_ever(work: Callable[[], Awaitable[object]]) -> None:
    while True:
        await work()
        await asyncio.sleep(0)  # a store in memory has nothing to wait for


async def test_a_task_that_asks_ends_in_any_moment(store: Store) -> None:
    chance = random.Random(7)
    for _ in range(TASKS):
        task = asyncio.create_task(for_ever(store.claim if chance.random() < 0.5 else store.waiting))
        await asyncio.sleep(chance.uniform(0, 0.003))
        await _ends(task)


async def test_a_task_that_waits_ends_in_the_moment_of_the_news(store: Store) -> None:
    assert await store.claim() is None
    waiting = asyncio.create_task(for_ever(lambda: store.news(60)))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await store.add(new())
    await _ends(waiting)


async def _ends(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.cancelled()
