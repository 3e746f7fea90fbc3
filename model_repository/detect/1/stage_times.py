"""Where the time of a pipeline goes, told by Triton's own metrics.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import time
from collections import Counter
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Iterator

# In the order in which a request goes through them.
STAGES = ("decode", "fit", "engine", "finish")
METRIC = "pipeline_stage_duration_us"
MEANING = "Cumulative time of each stage of a pipeline, in microseconds"


class Stopwatch:
    """The times of one request, in microseconds."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = (time.perf_counter() - began) * 1e6


class StageTimes:
    """Adds up the microseconds of each stage in the counter `pipeline_stage_duration_us`."""

    def __init__(self, model: str) -> None:
        self._counters: dict[str, Any] = {}
        self._ended: SimpleQueue[dict[str, float]] = SimpleQueue()
        try:
            # Triton keeps one family of a name, and one counter of its labels, for all instances and models.
            self._family: Any = pb_utils.MetricFamily(
                name=METRIC, description=MEANING, kind=pb_utils.MetricFamily.COUNTER
            )
            for stage in STAGES:
                self._counters[stage] = self._family.Metric(labels={"model": model, "stage": stage})
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_warn(f"{model} tells no times of its stages: {error}")  # a server without metrics

    @contextmanager
    def counted(self) -> Iterator[Stopwatch]:
        """Time a request; from any thread."""
        watch = Stopwatch()
        try:
            yield watch
        finally:
            self._ended.put(watch.stages)

    def report(self) -> None:
        """Tell Triton what has added up: from one thread only, several at a time make Triton crash (seen with 2.51)."""
        spent: Counter[str] = Counter()
        for _ in range(self._ended.qsize()):
            spent.update(self._ended.get())
        for name, counter in self._counters.items():
            if name in spent:
                counter.increment(spent[name])
