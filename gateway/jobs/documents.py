"""A job as callers see it: in answers, in events and in webhooks."""

from datetime import UTC, datetime
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from gateway.jobs.job import Job
from gateway.problems import Problem


class Progress(TypedDict):
    """Files that are done, whether with an answer or an error."""

    done: int
    total: int


class JobDocument(TypedDict):
    """Times are ISO 8601 in UTC."""

    id: str
    status: Annotated[str, Field(description="queued, processing, completed, failed or cancelled.")]
    task: str
    position: Annotated[int | None, Field(description="Place in the queue, from 1; null unless queued.")]
    progress: Progress
    created_at: str
    started_at: str | None
    finished_at: str | None
    expires_at: Annotated[str | None, Field(description="When nothing will be left of the job; null until it ends.")]
    results: NotRequired[
        Annotated[
            list[dict[str, Any]],
            Field(description="When completed: for each file, in order, the task's answer or `error`, a problem."),
        ]
    ]
    error: NotRequired[Annotated[Problem, Field(description="When failed: why.")]]


def document(job: Job) -> JobDocument:
    """Return what is told of a job; `results` and `error` only where there are some."""
    told: JobDocument = {
        "id": job.id,
        "status": job.status.value,
        "task": job.spec.task,
        "position": job.position,
        "progress": {"done": job.done, "total": job.spec.files},
        "created_at": moment(job.created_at),
        "started_at": moment(job.started_at) if job.started_at else None,
        "finished_at": moment(job.finished_at) if job.finished_at else None,
        "expires_at": moment(job.expires_at) if job.expires_at else None,
    }
    if results := job.results:
        told["results"] = results
    if problem := job.problem:
        told["error"] = problem
    return told


def moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
