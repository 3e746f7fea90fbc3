"""Jobs as their owners meet them."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import anyio

from gateway.errors import BadParameter, FieldError, JobNotCompleted, ShuttingDown, UnknownJob
from gateway.jobs.job import Job, NewJob, Status
from gateway.jobs.store import Store
from gateway.metrics import Metrics

LOOK_SECONDS = 0.25
VALID_ID = re.compile("[0-9a-f]{32}")


class Jobs:
    """Whoever is not the owner of a job is told that there is none."""

    def __init__(self, store: Store, drain: asyncio.Event, metrics: Metrics) -> None:
        self._store = store
        self._drain = drain
        self._metrics = metrics

    async def submit(self, new: NewJob) -> Job:
        """Accept a job; raises `ShuttingDown` where nobody would be left to work on it."""
        if self._drain.is_set() and not self._store.lasting:
            raise ShuttingDown
        return await self._store.add(new)

    async def find(self, job_id: str, owner: str | None) -> Job:
        job = await self._store.get(job_id) if VALID_ID.fullmatch(job_id) else None
        if not job or job.spec.owner != owner:
            raise UnknownJob
        return job

    def result(self, job: Job, index: int) -> dict[str, Any]:
        """Return the answer or `error` for a file; raises `JobNotCompleted`, and `BadParameter` for the index."""
        if job.status is not Status.COMPLETED:
            raise JobNotCompleted
        if index >= job.spec.files:
            raise BadParameter(fields=(FieldError("index", f"Input should be less than {job.spec.files}"),))
        return job.results[index]

    async def picture(self, job: Job, index: int) -> bytes:
        """Return a file as it was sent."""
        picture = await self._store.picture(job.id, index)
        if picture is None:
            raise UnknownJob
        return picture

    async def cancel(self, job: Job) -> None:
        await self._store.cancel(job.id)
        if not job.status.final:
            self._metrics.jobs_finished(Status.CANCELLED)

    async def waiting(self) -> int:
        """Return how many jobs are queued, whoever their owners are."""
        return await self._store.waiting()

    async def watch(self, job: Job) -> AsyncIterator[Job]:
        """Give the job as it is, and again whenever that has changed, until its end or that of this process.

        By looking: a position changes through other jobs, and no store would have to tell all watchers of that.
        """
        yield job
        while not job.status.final and not self._drain.is_set():
            await anyio.sleep(LOOK_SECONDS)
            now = await self.find(job.id, job.spec.owner)
            if now != job:
                yield now
            job = now
