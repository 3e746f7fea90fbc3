"""A job's files, one after the other, each to an answer or an error."""

import itertools
import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio

from gateway.call import Call
from gateway.deadline import Deadline, granted
from gateway.errors import (
    BadParameter,
    DeadlineExceeded,
    GatewayError,
    InternalError,
    TryAgain,
    UnknownJob,
    UnknownModel,
)
from gateway.inference import Inference, Order
from gateway.jobs.job import Claim, Outcome
from gateway.jobs.store import Store
from gateway.problems import describe
from gateway.tasks import TASKS
from gateway.tasks.base import Parameters, Task

logger = logging.getLogger(__name__)

Progress = Callable[[int], Awaitable[None]]

# What is true of every file of the job, or leaves no time for the others.
OF_THE_JOB = (BadParameter, DeadlineExceeded, TryAgain, UnknownJob, UnknownModel)
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0


class Runner:
    def __init__(self, inference: Inference, store: Store, deadline_seconds: float, attempts: int) -> None:
        self._inference = inference
        self._store = store
        self._deadline_seconds = deadline_seconds
        self._attempts = attempts

    async def run(self, claim: Claim, progress: Progress) -> Outcome:
        """Return how the job ends; `progress` is told the number of files that are done."""
        try:
            return Outcome.completed(await self._results(claim, progress))
        except GatewayError as error:
            logger.info("job %s failed: %s", claim.id, error.detail)
            return Outcome.failed(describe(error, claim.id))
        except Exception:
            logger.exception("unexpected error, job %s", claim.id)
            return Outcome.failed(describe(InternalError, claim.id))

    async def _results(self, claim: Claim, progress: Progress) -> list[dict[str, Any]]:
        if claim.losses >= self._attempts:
            raise InternalError(f"{claim.losses} workers were lost while they worked on this job.")
        task = TASKS[claim.spec.task]
        parameters = task.parameters.model_validate(claim.spec.parameters)
        deadline = Deadline.after(granted(self._deadline_seconds, self._deadline_seconds, parameters.deadline_ms))
        results = []
        for index in range(claim.spec.files):
            call = Call(f"{claim.id}-{index}", deadline, background=True)
            results.append(await self._item(claim.id, index, task, parameters, call))
            await progress(len(results))
        return results

    async def _item(
        self, job_id: str, index: int, task: Task[Any, Any], parameters: Parameters, call: Call
    ) -> dict[str, Any]:
        try:
            return await self._patiently(job_id, index, task, parameters, call)
        except OF_THE_JOB:
            raise
        except GatewayError as error:
            if isinstance(error, InternalError):
                logger.exception("internal error, request %s", call.request_id)
            return {"error": describe(error, call.request_id)}

    async def _patiently(
        self, job_id: str, index: int, task: Task[Any, Any], parameters: Parameters, call: Call
    ) -> dict[str, Any]:
        """Wait for what passes while the job has time: nobody sits in front of a screen."""
        for pause in _pauses():
            try:
                picture = await self._store.picture(job_id, index)
                if picture is None:
                    raise UnknownJob
                answer: dict[str, Any] = await self._inference.run(Order(task, parameters, picture), call)
            except TryAgain:
                if call.deadline.remaining() <= pause:
                    raise
                await anyio.sleep(pause)
            else:
                return answer
        raise AssertionError  # pauses do not end


def _pauses() -> Iterator[float]:
    return (min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in itertools.count())
