"""What is known of a request when it has ended: for its log line, its metrics and its `Server-Timing`."""

import time
from dataclasses import dataclass, field

from starlette.types import Scope

from gateway.call import Facts, Stages

STATE_KEY = "record"


@dataclass(slots=True)
class Record:
    """Made by `middleware.timing`, filled in on the way; `status` stays 0 when nothing was answered."""

    stages: Stages = field(default_factory=Stages)
    facts: Facts = field(default_factory=Facts)
    status: int = 0
    problem: str | None = None  # the slug of the error that was answered
    started: float = field(default_factory=time.perf_counter)

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self.started) * 1e3


def record_of(scope: Scope) -> Record:
    record: Record = scope["state"][STATE_KEY]
    return record


def note_problem(scope: Scope, slug: str) -> None:
    """Remember which error was answered, where there is a record (streams have none)."""
    record: Record | None = scope.get("state", {}).get(STATE_KEY)
    if record:
        record.problem = slug
