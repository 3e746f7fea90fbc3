"""One piece of work on its way: what everything that is done for it has to know."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.deadline import Deadline


class Stages:
    """Where the time went: milliseconds by stage (`read`, `queue`, `infer`, `draw`), in the order of their start."""

    def __init__(self) -> None:
        self.elapsed_ms: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Add the time of the block to `stage`, whether it succeeds or not."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(stage, (time.perf_counter() - started) * 1e3)

    def add(self, stage: str, milliseconds: float) -> None:
        self.elapsed_ms[stage] = self.elapsed_ms.get(stage, 0.0) + milliseconds


@dataclass(frozen=True, slots=True)
class Call:
    """A request, an item of a batch, a job or a frame: its id, its time limit, its stages."""

    request_id: str
    deadline: Deadline
    stages: Stages = field(default_factory=Stages)
