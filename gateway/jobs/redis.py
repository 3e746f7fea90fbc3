"""Jobs in Redis: shared by all processes, kept when any of them dies.

The queue is a stream with a consumer group: what a worker has taken stays pending until the job has ended, and is
another's when the worker gives no sign of life. Each claim begins an attempt; a worker whose attempt is not the latest
can change nothing any more. Values are JSON or a picture's own bytes.
"""

import contextlib
import hashlib
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import OutOfMemoryError, RedisError

from gateway.errors import IdempotencyMismatch, StoreFull, StoreUnavailable
from gateway.jobs import redis_scripts as scripts
from gateway.jobs.job import Claim, Delivery, Job, NewJob, Outcome, Spec, Status
from gateway.jobs.store import Limits

logger = logging.getLogger(__name__)

PREFIX = "{triton-vision}:"
# Longer than any reply takes; a Redis that hangs is a Redis that is away.
TIMEOUT_SECONDS = 5.0


class RedisStore:
    """Needs Redis 7. Connects when it is used first, and again whenever that is needed.

    End those who use it by an anyio scope, which repeats its cancellation: one of `Task.cancel` can be lost before
    Python 3.12, when it meets the `asyncio.wait_for` with which redis-py sends.
    """

    lasting = True

    def __init__(self, url: str, limits: Limits) -> None:
        self._limits = limits
        self._consumer = uuid.uuid4().hex
        self._seen = b"$"  # the entry of the stream after which a claim found nothing
        # One more try, because a connection of the pool may be from before a restart; every script bears that.
        retry = Retry(ConstantBackoff(0.05), 1)
        self._redis = Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=1, retry=retry)
        register = self._redis.register_script
        self._add, self._get, self._claim = register(scripts.ADD), register(scripts.GET), register(scripts.CLAIM)
        self._beat, self._finish = register(scripts.BEAT), register(scripts.FINISH)
        self._hand_back, self._cancel = register(scripts.HAND_BACK), register(scripts.CANCEL)
        self._claim_delivery, self._postpone = register(scripts.CLAIM_DELIVERY), register(scripts.POSTPONE)

    async def add(self, new: NewJob) -> Job:
        key = hashlib.sha256(new.key.encode()).hexdigest() if new.key else ""
        bounds = (self._limits.queued, self._limits.kept_bytes, new.size)
        verdict, *facts = await self._run(
            self._add, new.id, new.spec.encode(), key, new.fingerprint, *bounds, *new.pictures
        )
        if verdict == b"full":
            raise StoreFull
        if verdict == b"mismatch":
            raise IdempotencyMismatch
        if verdict == b"new":
            created, position = facts
            created_at = float(created)
            return Job(id=new.id, spec=new.spec, status=Status.QUEUED, created_at=created_at, position=position)
        if job := await self.get(facts[0].decode()):
            return job
        raise StoreUnavailable("The job was removed again while it was accepted.")

    async def get(self, job_id: str) -> Job | None:
        flat, rank = await self._run(self._get, job_id)
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        return _job(job_id, fields, rank) if fields else None

    async def waiting(self) -> int:
        async with _translated():
            return await self._redis.zcard(f"{PREFIX}waiting")

    async def picture(self, job_id: str, index: int) -> bytes | None:
        async with _translated():
            return await cast("Awaitable[bytes | None]", self._redis.hget(f"{PREFIX}pictures:{job_id}", str(index)))

    async def cancel(self, job_id: str) -> None:
        await self._run(self._cancel, job_id, self._limits.retention)

    async def claim(self) -> Claim | None:
        taken = await self._run(self._claim, self._consumer, _milliseconds(self._limits.lease))
        if len(taken) == 1:
            (self._seen,) = taken
            return None
        job_id, spec, attempt, losses, token = taken
        return Claim(job_id.decode(), Spec.decode(spec), int(attempt), int(losses), token.decode())

    async def news(self, seconds: float) -> None:
        async with _translated():
            await self._redis.xread({f"{PREFIX}queue": self._seen}, count=1, block=_milliseconds(seconds))

    async def beat(self, claim: Claim, done: int) -> bool:
        return bool(await self._run(self._beat, claim.id, claim.attempt, claim.token, done))

    async def finish(self, claim: Claim, outcome: Outcome) -> bool:
        done = claim.spec.files if outcome.status is Status.COMPLETED else ""
        webhook = int(claim.spec.webhook is not None)
        outcome_arguments = (outcome.status.value, outcome.content, self._limits.retention, done, webhook)
        return bool(await self._run(self._finish, claim.id, claim.attempt, *outcome_arguments))

    async def hand_back(self, claim: Claim) -> None:
        await self._run(self._hand_back, claim.id, claim.attempt, claim.token)

    async def claim_delivery(self, lease: float) -> Delivery | None:
        due = await self._run(self._claim_delivery, lease)
        job = await self.get(due[0].decode()) if due else None
        return Delivery(job, due[1]) if job else None

    async def settle(self, job_id: str) -> None:
        async with _translated():
            await self._redis.zrem(f"{PREFIX}outbox", job_id)

    async def postpone(self, job_id: str, delay: float) -> None:
        await self._run(self._postpone, job_id, delay)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _run(self, script: Any, *arguments: Any) -> Any:
        async with _translated():
            return await script(keys=[PREFIX], args=arguments)


@contextlib.asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    try:
        yield
    except OutOfMemoryError as error:
        raise StoreFull from error
    except RedisError as error:
        logger.debug("redis: %s", error)
        raise StoreUnavailable from error


def _job(job_id: str, fields: Mapping[bytes, bytes], rank: int | None) -> Job:
    def moment(name: bytes) -> float | None:
        return float(fields[name]) if name in fields else None

    return Job(
        id=job_id,
        spec=Spec.decode(fields[b"spec"]),
        status=Status(fields[b"status"].decode()),
        created_at=float(fields[b"created"]),
        started_at=moment(b"started"),
        finished_at=moment(b"finished"),
        expires_at=moment(b"expires"),
        done=int(fields[b"done"]),
        position=None if rank is None else rank + 1,
        content=fields.get(b"content", b""),
    )


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1e3))
