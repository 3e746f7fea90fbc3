"""One piece of work on its way: what everything that is done for it has to know."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from opentelemetry.trace import Tracer

from gateway.deadline import Deadline


class Stages:
    """Where the time went: milliseconds by stage (`read`, `queue`, `infer`, `draw`), in the order of their ends.

    With a `tracer` each measurement is a span as well.
    """

    def __init__(self, tracer: Tracer | None = None) -> None:
        self.elapsed_ms: dict[str, float] = {}
        self._tracer = tracer

    def measure(self, stage: str) -> AbstractContextManager[None]:
        """Add the time of the block to `stage`, whether it succeeds or not."""
        return self._spanned(stage, self._tracer) if self._tracer else Measurement(self, stage)

    @contextmanager
    def _spanned(self, stage: str, tracer: Tracer) -> Iterator[None]:
        with Measurement(self, stage), tracer.start_as_current_span(stage, record_exception=False):
            yield

    def add(self, stage: str, milliseconds: float) -> None:
        self.elapsed_ms[stage] = self.elapsed_ms.get(stage, 0.0) + milliseconds


class Measurement:
    """The time of a block; a class, as a generator would take twice as long to begin and to end."""

    __slots__ = ("_stage", "_stages", "_started")

    def __init__(self, stages: Stages, stage: str) -> None:
        self._stages, self._stage = stages, stage

    def __enter__(self) -> None:
        self._started = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._stages.add(self._stage, (time.perf_counter() - self._started) * 1e3)


@dataclass(slots=True)
class Facts:
    """What became known on the way, for metrics and logs; `model` is one that exists, never what a client wrote."""

    model: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A request, an item of a batch, a job or a frame: its id, its time limit, its stages."""

    request_id: str
    deadline: Deadline
    stages: Stages = field(default_factory=Stages)
    background: bool = False  # nobody waits for it at the other end of a connection
    facts: Facts = field(default_factory=Facts)
