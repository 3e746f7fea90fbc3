"""Jobs in this process: for one machine and one process, lost with it. The reference for what `Store` promises."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from gateway.errors import IdempotencyMismatch, StoreFull
from gateway.jobs.job import Claim, Delivery, Job, NewJob, Outcome, Status
from gateway.jobs.store import Limits


@dataclass(slots=True)
class _Record:
    new: NewJob
    job: Job
    size: int
    attempt: int = 0
    losses: int = 0
    leased_until: float = 0.0
    deliveries: int = 0


class MemoryStore:
    """No method awaits between looking and changing, so that each happens as a whole."""

    lasting = False

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._records: dict[str, _Record] = {}
        self._keys: dict[str, str] = {}
        self._waiting: list[str] = []
        self._running: set[str] = set()
        self._outbox: dict[str, float] = {}
        self._finished: dict[str, float] = {}  # id -> expiry, soonest first: all are kept for the same time
        self._kept = 0
        self._news = asyncio.Event()

    async def add(self, new: NewJob) -> Job:
        self._sweep()
        if known := self._records.get(self._keys.get(new.key or "", "")):
            if known.new.fingerprint != new.fingerprint:
                raise IdempotencyMismatch
            return self._snapshot(known)
        if len(self._waiting) >= self._limits.queued or self._kept + new.size > self._limits.kept_bytes:
            raise StoreFull
        job = Job(id=new.id, spec=new.spec, status=Status.QUEUED, created_at=time.time())
        record = self._records[new.id] = _Record(new, job, new.size)
        self._kept += record.size
        if new.key:
            self._keys[new.key] = new.id
        self._waiting.append(new.id)
        self._news.set()
        return self._snapshot(record)

    async def get(self, job_id: str) -> Job | None:
        self._sweep()
        record = self._records.get(job_id)
        return self._snapshot(record) if record else None

    async def waiting(self) -> int:
        return len(self._waiting)

    async def picture(self, job_id: str, index: int) -> bytes | None:
        self._sweep()
        record = self._records.get(job_id)
        pictures = record.new.pictures if record else ()
        return pictures[index] if index < len(pictures) else None

    async def cancel(self, job_id: str) -> None:
        self._sweep()
        record = self._records.get(job_id)
        if record and record.job.status.final:
            self._forget(job_id)
        elif record:
            self._end(record, Outcome(Status.CANCELLED))
            record.new = replace(record.new, pictures=())
            self._resize(record, record.new.size)

    async def claim(self) -> Claim | None:
        self._sweep()
        now = time.time()
        lost = next((one for one in self._running if self._records[one].leased_until <= now), None)
        if not (lost or self._waiting):
            self._news.clear()
            return None
        record = self._records[lost or self._waiting.pop(0)]
        record.attempt += 1
        record.losses += lost is not None
        record.leased_until = now + self._limits.lease
        started = record.job.started_at or now
        record.job = replace(record.job, status=Status.PROCESSING, started_at=started, done=0)
        self._running.add(record.job.id)
        return Claim(record.job.id, record.job.spec, record.attempt, record.losses)

    async def news(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def beat(self, claim: Claim, done: int) -> bool:
        record = self._held(claim)
        if record:
            record.leased_until = time.time() + self._limits.lease
            record.job = replace(record.job, done=done)
        return record is not None

    async def finish(self, claim: Claim, outcome: Outcome) -> bool:
        record = self._held(claim)
        if record:
            self._end(record, outcome)
            self._resize(record, record.size + len(outcome.content))
            if record.job.spec.webhook:
                self._outbox[claim.id] = time.time()
        return record is not None

    async def hand_back(self, claim: Claim) -> None:
        if record := self._held(claim):
            record.job = replace(record.job, status=Status.QUEUED, done=0)
            self._running.discard(claim.id)
            self._waiting.insert(0, claim.id)
            self._news.set()

    async def claim_delivery(self, lease: float) -> Delivery | None:
        self._sweep()
        now = time.time()
        for job_id, due in self._outbox.items():
            if due <= now:
                self._outbox[job_id] = now + lease
                record = self._records[job_id]
                record.deliveries += 1
                return Delivery(record.job, record.deliveries)
        return None

    async def settle(self, job_id: str) -> None:
        self._outbox.pop(job_id, None)

    async def postpone(self, job_id: str, delay: float) -> None:
        if job_id in self._outbox:
            self._outbox[job_id] = time.time() + delay

    async def close(self) -> None:
        pass

    def _held(self, claim: Claim) -> _Record | None:
        record = self._records.get(claim.id)
        held = record and record.job.status is Status.PROCESSING and record.attempt == claim.attempt
        return record if held else None

    def _snapshot(self, record: _Record) -> Job:
        if record.job.status is not Status.QUEUED:
            return record.job
        return replace(record.job, position=self._waiting.index(record.job.id) + 1)

    def _end(self, record: _Record, outcome: Outcome) -> None:
        job, now = record.job, time.time()
        if job.status is Status.QUEUED:
            self._waiting.remove(job.id)
        self._running.discard(job.id)
        expires = self._finished[job.id] = now + self._limits.retention
        done = job.spec.files if outcome.status is Status.COMPLETED else job.done
        record.job = replace(
            job, status=outcome.status, content=outcome.content, done=done, finished_at=now, expires_at=expires
        )

    def _resize(self, record: _Record, size: int) -> None:
        self._kept += size - record.size
        record.size = size

    def _sweep(self) -> None:
        now = time.time()
        while self._finished and (oldest := next(iter(self._finished))) and self._finished[oldest] <= now:
            self._forget(oldest)

    def _forget(self, job_id: str) -> None:
        record = self._records.pop(job_id)
        self._kept -= record.size
        self._keys.pop(record.new.key or "", None)
        self._finished.pop(job_id, None)
        self._outbox.pop(job_id, None)
