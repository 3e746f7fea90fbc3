from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest

from gateway.jobs.memory import MemoryStore
from gateway.jobs.redis import RedisStore
from gateway.jobs.store import Limits, Store
from tests import redis as redis_servers
from tests.redis import RedisServer

LIMITS = Limits(queued=5, kept_bytes=10_000, retention=60, lease=60)


def unhurried(url: str) -> str:
    """Return the address with time limits in place of the gateway's own, for which a machine may stall."""
    return f"{url}?socket_timeout=90&socket_connect_timeout=90"


class Unhurried(RedisServer):
    @property
    def url(self) -> str:
        return unhurried(super().url)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_servers.running(tmp_path_factory.mktemp("redis")) as server:
        yield Unhurried(server.port, server.folder)


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[RedisServer]:
    """Provide the shared Redis, empty."""
    with redis_server.client() as client:
        client.flushall()
    yield redis_server
    with redis_server.client() as client:
        client.flushall()


@pytest.fixture(params=["memory", "redis"])
async def make_store(request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Store]]:
    """Return what makes a store of either kind; called twice for Redis, the two share what they keep."""
    made: list[Store] = []

    def make(**limits: float) -> Store:
        bounds = replace(LIMITS, **limits)  # type: ignore[arg-type]
        if request.param == "redis":
            made.append(RedisStore(request.getfixturevalue("redis").url, bounds))
        else:
            made.append(MemoryStore(bounds))
        return made[-1]

    yield make
    for store in made:
        await store.close()


@pytest.fixture
def store(make_store: Callable[..., Store]) -> Store:
    return make_store()
