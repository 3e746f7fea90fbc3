"""What only Redis can do to jobs: die, come back, be full."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.app import create_app
from gateway.errors import StoreFull, StoreUnavailable
from gateway.jobs.redis import RedisStore
from gateway.jobs.store import Limits
from gateway.settings import Settings
from tests import redis as redis_servers
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.jobs.conftest import LIMITS, unhurried
from tests.gateway.jobs.orders import DONE, new
from tests.gateway.pictures import encoded
from tests.redis import RedisServer
from tests.waiting import PATIENCE, STARTING, until

pytestmark = pytest.mark.anyio
Stores = Callable[..., RedisStore]


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[RedisServer]:
    with redis_servers.running(tmp_path, durable=True) as server:
        yield server


@pytest.fixture
async def stores() -> AsyncIterator[Stores]:
    async with AsyncExitStack() as stack:

        def make(url: str, limits: Limits = LIMITS) -> RedisStore:
            store = RedisStore(url, limits)
            stack.push_async_callback(store.close)
            return store

        yield make


async def submit(gateway: httpx.AsyncClient) -> httpx.Response:
    return await gateway.post("/v1/jobs", data={"task": "detect"}, files={"file": encoded()})


async def test_redis_is_killed_and_comes_back(
    durable: RedisServer, gateway_settings: Settings, triton: FakeTriton
) -> None:
    """Refusals meanwhile, and nothing that was accepted is lost; the gateway is not restarted."""

    async def slow(request: Any, context: Any) -> Any:
        await asyncio.sleep(0.3)
        return await fake_triton.answering(request, context)

    triton.infer = slow
    changed = {"redis_url": unhurried(durable.url), "deadline_seconds": 60, "max_deadline_seconds": 60}
    async with gateways.calling(create_app(gateway_settings.model_copy(update=changed))) as gateway:
        accepted = [await submit(gateway) for _ in range(8)]
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        durable.kill()
        for answer in (await submit(gateway), await gateway.get(accepted[0].headers["location"])):
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-unavailable")
            assert int(answer.headers["retry-after"]) >= 1
        assert (await gateway.post("/v1/detect", files={"file": encoded()})).status_code == 200
        await asyncio.sleep(0.5)  # a result is ready and cannot be kept
        durable.start()
        for job in accepted:
            await completed(gateway, job.headers["location"])
        assert len((await gateway.get(accepted[0].headers["location"])).json()["results"]) == 1
        assert (await submit(gateway)).status_code == 202


async def completed(gateway: httpx.AsyncClient, location: str) -> None:
    told: dict[str, Any] = {}

    async def is_completed() -> bool:
        told.update((await gateway.get(location)).json())
        return bool(told["status"] == "completed")

    await until(is_completed, lambda: told, STARTING)  # it may be a lost worker's for the ten seconds of a lease


async def test_a_redis_that_is_away_is_said_to_be_soon(stores: Stores) -> None:
    store = stores("redis://127.0.0.1:1/0")
    started = time.monotonic()
    for _ in range(4):  # so that waiting adds up to more than a machine may stall
        for call in (store.add(new()), store.get("x"), store.picture("x", 0), store.claim(), store.cancel("x")):
            with pytest.raises(StoreUnavailable):
                await call
    assert time.monotonic() - started < 10


async def test_a_redis_without_memory_takes_no_job_but_lets_others_end(redis: RedisServer, stores: Stores) -> None:
    store = stores(redis.url)
    await store.add(new(webhook="https://example.org/"))
    with redis.client() as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(StoreFull):
                await store.add(new())
            claim = await store.claim()
            assert claim
            assert await store.beat(claim, 0)
            assert await store.finish(claim, DONE)
            assert await store.claim_delivery(1)
        finally:
            client.config_set("maxmemory", 0)


async def test_two_processes_share_what_they_keep(redis: RedisServer, stores: Stores) -> None:
    one, other = stores(redis.url), stores(redis.url)
    order = new()
    await one.add(order)
    claim = await other.claim()
    assert claim
    assert claim.id == order.id
    assert await one.claim() is None
    await one.cancel(order.id)
    assert not await other.beat(claim, 0)


async def test_the_same_call_again_is_not_a_second_job(redis: RedisServer, stores: Stores) -> None:
    """Its reply was lost, and the client library sends it once more."""
    store = stores(redis.url)
    order = new()
    assert await store.add(order) == await store.add(order)
    assert await store.claim()
    assert await store.claim() is None


async def test_nothing_is_left_of_expired_jobs(redis: RedisServer, stores: Stores) -> None:
    store = stores(redis.url, replace(LIMITS, retention=0.1))
    for _ in range(3):
        await store.add(new(key="mine", webhook="https://example.org/"))
        claim = await store.claim()
        assert claim
        await store.finish(claim, DONE)
        await asyncio.sleep(0.15)
    await store.claim()
    with redis.client() as client:
        kept = {key.decode().partition(":")[2]: client.type(key) for key in client.scan_iter()}
        assert set(kept) == {"queue", "sequence", "kept"}
        assert client.xlen("{triton-vision}:queue") == 0
        assert client.get("{triton-vision}:kept") == b"0"
        assert client.xpending("{triton-vision}:queue", "workers")["pending"] == 0


async def test_no_pickle_is_kept(redis: RedisServer, stores: Stores) -> None:
    store = stores(redis.url)
    order = new(b"\xff\xd8raw")
    await store.add(order)
    with redis.client() as client:
        assert client.hget(f"{{triton-vision}}:pictures:{order.id}", "0") == b"\xff\xd8raw"
        assert client.hget(f"{{triton-vision}}:job:{order.id}", "spec") == order.spec.encode()
    assert order.spec.encode().startswith(b'{"task":"detect"')
