"""What is kept of a job. Times are seconds since 1970, UTC."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from gateway.problems import Problem


class Status(StrEnum):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self not in (Status.QUEUED, Status.PROCESSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What was ordered; never changes. `owner` is whoever alone may see the job, None where nobody is told apart."""

    task: str
    parameters: dict[str, Any]
    files: int
    owner: str | None = None
    webhook: str | None = None

    def encode(self) -> bytes:
        return to_json(self)

    @classmethod
    def decode(cls, text: bytes) -> "Spec":
        return cls(**from_json(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """A job on offer to a store. The same `key` again is the same job; with another `fingerprint` it is a mistake."""

    id: str
    spec: Spec
    pictures: tuple[bytes, ...]
    key: str | None = None
    fingerprint: str = ""

    @property
    def size(self) -> int:
        """Bytes to be kept."""
        return len(self.spec.encode()) + sum(map(len, self.pictures))


class Outcome(NamedTuple):
    """How a job ended. `content` is JSON: the list of results, or the problem."""

    status: Status
    content: bytes = b""

    @classmethod
    def completed(cls, results: list[dict[str, Any]]) -> "Outcome":
        return cls(Status.COMPLETED, to_json(results))

    @classmethod
    def failed(cls, problem: Problem) -> "Outcome":
        return cls(Status.FAILED, to_json(problem))


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as it stands. `position` counts from 1 while it is queued; `done` counts its finished files."""

    id: str
    spec: Spec
    status: Status
    created_at: float
    started_at: float | None = None
    finished_at: float | None = None
    expires_at: float | None = None
    done: int = 0
    position: int | None = None
    content: bytes = b""

    @property
    def results(self) -> list[dict[str, Any]]:
        """Answers and errors in the order of the files; empty unless the job is completed."""
        return from_json(self.content) if self.status is Status.COMPLETED else []

    @property
    def problem(self) -> Problem | None:
        return from_json(self.content) if self.status is Status.FAILED else None


class Claim(NamedTuple):
    """The right to work on a job, until the next `attempt` begins; `losses` counts workers that were lost with it."""

    id: str
    spec: Spec
    attempt: int
    losses: int
    token: str = ""  # the store's own


class Delivery(NamedTuple):
    """A webhook that is due, for the `attempt`-th time (from 1)."""

    job: Job
    attempt: int
