"""Counting requests in windows of one minute, in this process or, for all processes and machines, in Redis.

Windows begin with the minutes of the clock, so that how long one still lasts is known without asking: the strategies of
the `limits` library need two more round trips for that. Its counter in Redis is used, its counter in memory is not: it
walks through all keys at every hit (0.8 ms of CPU with 10,000 clients).
"""

import logging
import time
from collections import Counter
from typing import Protocol

from limits.aio.storage import RedisStorage
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

WINDOW_SECONDS = 60
# A request does not wait longer than this for Redis, and only one in so many seconds does, while Redis is away.
REDIS_SECONDS = 0.1
AWAY_SECONDS = 5.0

logger = logging.getLogger(__name__)


class Counts(Protocol):
    async def add(self, name: str, window: int) -> int:
        """Count one more request of `name` and return how many there were in this window."""
        ...

    async def close(self) -> None: ...


class InProcess:
    """Forgets a window when the next one begins."""

    def __init__(self) -> None:
        self._window = 0
        self._counts: Counter[str] = Counter()

    async def add(self, name: str, window: int) -> int:
        if window != self._window:
            self._window, self._counts = window, Counter()
        self._counts[name] += 1
        return self._counts[name]

    async def close(self) -> None: ...


class InRedis:
    """While Redis does not answer, each process counts for itself: quotas get looser, requests are not refused.

    `failures` counts how often Redis was asked in vain.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            # Connections break when Redis starts anew. Who only answers late has counted: not once more.
            retry=Retry(NoBackoff(), 1, (RedisConnectionError,)),
        )
        # The address is in the pool; the one before it is only looked at for the kind of server.
        self._storage = RedisStorage(
            "async+redis://",
            implementation="redispy",
            key_prefix="gateway:quota",
            connection_pool=self._redis.connection_pool,  # type: ignore[arg-type]  # it is documented
        )
        self._instead = InProcess()
        self._ask_again = 0.0
        self.failures = 0

    async def add(self, name: str, window: int) -> int:
        if time.monotonic() < self._ask_again:
            return await self._instead.add(name, window)
        try:
            # Twice the window: the clocks of machines differ.
            count = await self._storage.incr(f"{window}:{name}", 2 * WINDOW_SECONDS)
        except (RedisError, OSError) as error:
            self._away(error)
            return await self._instead.add(name, window)
        self._back()
        return count

    async def close(self) -> None:
        await self._redis.aclose()

    def _away(self, error: Exception) -> None:
        if not self._ask_again:
            logger.warning("quotas are counted in each process until Redis is back: %s", type(error).__name__)
        self._ask_again = time.monotonic() + AWAY_SECONDS
        self.failures += 1

    def _back(self) -> None:
        if self._ask_again:
            logger.warning("quotas are counted in Redis again")
        self._ask_again = 0.0
