"""Counting requests in Redis, with the counter of the `limits` library, for all processes and machines together."""

import logging
import time

from limits.aio.storage import RedisStorage
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from gateway.access.counting import WINDOW_SECONDS, InProcess

# A request does not wait longer than this for Redis, and only one in so many seconds does, while Redis is away.
REDIS_SECONDS = 0.1
AWAY_SECONDS = 5.0

logger = logging.getLogger(__name__)


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
