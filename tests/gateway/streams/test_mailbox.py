import asyncio
import random

import pytest

from gateway.streams.mailbox import Latest

pytestmark = pytest.mark.anyio


async def test_the_newest_is_taken_and_the_others_are_counted() -> None:
    mailbox: Latest[int] = Latest()
    for item in range(3):
        mailbox.put(item)
    assert (await mailbox.take(), mailbox.dropped) == (2, 2)


async def test_taking_waits() -> None:
    mailbox: Latest[int] = Latest()
    taking = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    assert not taking.done()
    mailbox.put(7)
    assert await taking == 7


async def test_what_was_taken_is_not_dropped() -> None:
    mailbox: Latest[int] = Latest()
    for item in range(3):
        mailbox.put(item)
        await mailbox.take()
    assert mailbox.dropped == 0


async def test_a_taker_that_gives_up_takes_nothing_along() -> None:
    mailbox: Latest[int] = Latest()
    taking = asyncio.create_task(mailbox.take())
    await asyncio.sleep(0)
    taking.cancel()
    mailbox.put(7)
    assert await mailbox.take() == 7


@pytest.mark.parametrize("seed", range(20))
async def test_in_any_order_of_events_each_item_is_taken_or_counted(seed: int) -> None:
    chance = random.Random(seed)
    mailbox: Latest[int] = Latest()
    taken: list[int] = []

    async def take() -> None:
        while True:
            taken.append(await mailbox.take())
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)

    taker = asyncio.create_task(take())
    for item in range(100):
        mailbox.put(item)
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
    for _ in range(10):
        await asyncio.sleep(0)
    taker.cancel()
    assert taken[-1] == 99
    assert taken == sorted(set(taken))
    assert len(taken) + mailbox.dropped == 100
