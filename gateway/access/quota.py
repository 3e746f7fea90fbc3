"""How many requests a minute a client has, and what it is told of that in every answer."""

import ipaddress
import math
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from gateway.access.counting import WINDOW_SECONDS, Counts, InProcess
from gateway.access.principal import Principal
from gateway.settings import Settings

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """What one request found; `reset_s` is the whole seconds to the next window."""

    limit: int
    used: int
    reset_s: int

    @property
    def exceeded(self) -> bool:
        return self.used > self.limit

    @property
    def headers(self) -> Headers:
        """`RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10."""
        left = max(0, self.limit - self.used)
        return (
            (b"ratelimit-policy", b'"minute";q=%d;w=%d' % (self.limit, WINDOW_SECONDS)),
            (b"ratelimit", b'"minute";r=%d;t=%d' % (left, self.reset_s)),
        )


class Quota:
    """`default` is for those without a quota of their own, in requests per minute; 0 means no limit."""

    def __init__(self, default: int, counts: Counts) -> None:
        self._default = default
        self._counts = counts

    async def count(self, principal: Principal | None, address: str) -> Account | None:
        """Count one request of `principal`, or of `address` when nobody is known; None when there is no limit."""
        limit = self._default if principal is None or principal.quota is None else principal.quota
        if not limit:
            return None
        window, elapsed = divmod(time.time(), WINDOW_SECONDS)
        used = await self._counts.add(principal.name if principal else _client(address), int(window))
        return Account(limit, used, math.ceil(WINDOW_SECONDS - elapsed))


@asynccontextmanager
async def quotas(settings: Settings) -> AsyncIterator[Quota]:
    counts = _counts(settings)
    try:
        yield Quota(settings.quota_per_minute, counts)
    finally:
        await counts.close()


def _counts(settings: Settings) -> Counts:
    if not settings.redis_url:
        return InProcess()
    from gateway.access.counting_in_redis import InRedis  # noqa: PLC0415 - memory for those alone who have Redis

    return InRedis(settings.redis_url)


def _client(address: str) -> str:
    """Whoever has one IPv6 address has the other 2^64 of its network too."""
    if ":" not in address:
        return f"ip:{address}"
    try:
        return f"ip:{ipaddress.IPv6Network((address.partition('%')[0], 64), strict=False)}"
    except ValueError:
        return f"ip:{address}"
