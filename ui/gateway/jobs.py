"""Jobs of the gateway: pictures now, answers later."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ui.gateway.answers import Answer, Problem
from ui.gateway.checking import checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ui.gateway.client import Gateway
    from ui.pictures import Picture


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in {Status.COMPLETED, Status.FAILED, Status.CANCELLED}


class Progress(Answer):
    done: int = Field(ge=0)
    total: int = Field(gt=0)


class Job(Answer):
    """`results` are in the order of the files: each an answer of the task, or `error` with a problem."""

    id: str
    status: Status
    position: int | None = None
    progress: Progress
    results: tuple[dict[str, Any], ...] = ()
    error: Problem | None = None


async def submit(gateway: Gateway, task: str, parameters: Mapping[str, Any], pictures: Sequence[Picture]) -> Job:
    """Order one job for all `pictures`; parameters that are None are left to the gateway's defaults."""
    wanted = {name: value for name, value in parameters.items() if value is not None}
    files = [("file", (f"{number}", one.content, one.media)) for number, one in enumerate(pictures)]
    return checked(Job, await gateway.request("POST", "/v1/jobs", params={"task": task, **wanted}, files=files))


async def find(gateway: Gateway, job: str) -> Job:
    return checked(Job, await gateway.request("GET", f"/v1/jobs/{job}"))


async def annotated(gateway: Gateway, job: str, index: int) -> bytes:
    """Return a picture of a completed job, with its result drawn, as a JPEG."""
    return (await gateway.request("GET", f"/v1/jobs/{job}/image", params={"index": index})).content


async def cancel(gateway: Gateway, job: str) -> None:
    await gateway.request("DELETE", f"/v1/jobs/{job}")
