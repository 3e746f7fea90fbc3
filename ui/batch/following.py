"""How the jobs of a batch stand, and what they found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ui.batch.batch import EXPIRED
from ui.errors import InvalidAnswer, Refused, UiError
from ui.gateway import jobs
from ui.gateway.answers import Problem
from ui.gateway.jobs import Status
from ui.tasks import task_of

if TYPE_CHECKING:
    from ui.batch.batch import Batch, Order
    from ui.gateway.client import Gateway

UNKNOWN = "unknown-job"
Keep = Callable[[bytes, str], str]
"""Keeps a file of this name, and returns where."""


@dataclass(frozen=True, slots=True)
class Follower:
    """Looks at the jobs of a batch. What cannot be seen now is `trouble`, and may be seen at the next look."""

    gateway: Gateway
    batch: Batch
    keep: Keep

    async def look(self) -> None:
        """Look once at every open job. Results are fetched at once, because the gateway keeps them briefly."""
        self.batch.trouble = ""
        self.batch.looks += 1
        await asyncio.gather(*(self._look(order) for order in self.batch.open))

    async def cancel(self, job: str) -> None:
        """Cancel the job with this id; an empty one stands for all of them."""
        await asyncio.gather(*(self._cancel(order) for order in self.batch.open if job in {order.id, ""}))

    async def _cancel(self, order: Order) -> None:
        try:
            await jobs.cancel(self.gateway, order.id)
        except UiError as error:
            if not _unknown(error):
                self.batch.trouble = str(error)
                return
        order.end("", Status.CANCELLED)

    async def _look(self, order: Order) -> None:
        try:
            job = await jobs.find(self.gateway, order.id)
            for index, result in enumerate(job.results[: len(order.items)]):
                await self._take(order, index, result)
        except UiError as error:
            if _unknown(error):
                order.end(EXPIRED)
            else:
                self.batch.trouble = str(error)
            return
        if not order.status.final:  # it may have been cancelled meanwhile
            order.status, order.position, order.done = job.status, job.position, job.progress.done
            order.problem = job.error.sentence if job.error else ""

    async def _take(self, order: Order, index: int, result: dict[str, Any]) -> None:
        item, task = order.items[index], task_of(self.batch.task)
        if item.annotated or item.problem or not item.picture:
            return
        try:
            if "error" in result:
                item.problem = Problem.model_validate(result["error"]).sentence
                return
            answer = task.rescaled(task.answer.model_validate(result), item.picture)
        except ValidationError:
            item.problem = InvalidAnswer.message
            return
        picture = await jobs.annotated(self.gateway, order.id, index)
        item.answer, item.annotated = answer, self.keep(picture, f"{Path(item.name).stem}.jpg")


def _unknown(error: UiError) -> bool:
    return isinstance(error, Refused) and error.slug == UNKNOWN
