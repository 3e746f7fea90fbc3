import asyncio
from collections.abc import Awaitable

import pytest

from gateway.cancellation import kept_cancellation
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


async def swallowing(instead: BaseException | None) -> None:
    """Do what a library should not: go on, or fail, when cancelled."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        if instead:
            raise instead from None


async def keeping(work: Awaitable[None]) -> None:
    with kept_cancellation():
        await work


@pytest.mark.parametrize("instead", [None, OSError("away"), asyncio.CancelledError("as it should be")])
async def test_a_cancellation_arrives(instead: BaseException | None) -> None:
    task = asyncio.create_task(keeping(swallowing(instead)))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.cancelled()


async def test_a_timeout_around_it_stays_a_timeout() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await keeping(swallowing(None))


async def test_nothing_is_cancelled_that_was_not() -> None:
    await keeping(asyncio.sleep(0))
    with pytest.raises(OSError, match="away"), kept_cancellation():
        raise OSError("away")


async def test_a_cancellation_of_before_is_not_raised_again() -> None:
    async def tidy_up() -> str:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await keeping(asyncio.sleep(0))
        return "tidy"

    task = asyncio.create_task(tidy_up())
    await asyncio.sleep(0)
    task.cancel()
    assert await task == "tidy"
