import asyncio
import gc
import tracemalloc
from dataclasses import replace

import pytest

from gateway.jobs.memory import MemoryStore
from tests.gateway.jobs.conftest import LIMITS
from tests.gateway.jobs.orders import DONE, new

pytestmark = pytest.mark.anyio


async def test_nothing_is_left_of_ten_thousand_expired_jobs() -> None:
    store = MemoryStore(replace(LIMITS, retention=0.05, kept_bytes=10**9))
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(10_000):
            await store.add(new(bytes(10_000), key=f"order {number}", webhook="https://example.org/"))
            claim = await store.claim()
            assert claim
            await store.finish(claim, DONE)
        assert tracemalloc.get_traced_memory()[1] - before > 100_000
        await asyncio.sleep(0.1)
        await store.claim()
        del claim
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 500_000
    finally:
        tracemalloc.stop()
