"""How many runs an engine has made and how long they took, told by Triton's metrics.

For runs that Triton does not count itself: those side by side, whose time of computing ends for Triton when the engine
has taken a batch, and those in a pipeline's process.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Iterator

METRICS = {
    "engine_run_count": "Number of runs of an engine",
    "engine_run_failure_count": "Number of runs of an engine that failed",
    "engine_run_duration_us": "Cumulative time of the runs of an engine, in microseconds",
}


class RunTimes:
    """Adds up the runs of the engine called `model`, those that failed, and their microseconds.

    Each process that runs it has to be another `runner`: Triton forgets a counter when one of those ends that share it.
    """

    def __init__(self, model: str, runner: str) -> None:
        self._ended: SimpleQueue[tuple[float, bool]] = SimpleQueue()
        self._counters: list[Any] = []
        try:
            self._families: list[Any] = [
                pb_utils.MetricFamily(name=name, description=meaning, kind=pb_utils.MetricFamily.COUNTER)
                for name, meaning in METRICS.items()
            ]
            self._counters = [family.Metric(labels={"model": model, "runner": runner}) for family in self._families]
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_warn(f"{model} tells no times of its runs: {error}")  # a server without metrics

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Add up the time of the block; from any thread."""
        began, failed = time.perf_counter(), True
        try:
            yield
            failed = False
        finally:
            self._ended.put((time.perf_counter() - began, failed))

    def report(self) -> None:
        """Tell Triton what has added up: from one thread only, several at a time make Triton crash (seen with 2.51)."""
        ended = [self._ended.get() for _ in range(self._ended.qsize())]
        if ended and self._counters:
            count, failures, duration = self._counters
            count.increment(len(ended))
            failures.increment(sum(failed for _, failed in ended))
            duration.increment(sum(spent for spent, _ in ended) * 1e6)
