"""How long an engine's runs take, told by Triton's metrics.

For engines with several runs under way: Triton's own time of computing ends when such an engine has taken a batch.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Iterator

METRIC = "engine_run_duration_us"
MEANING = "Cumulative time of the runs of an engine, in microseconds"


class RunTimes:
    """Adds up the microseconds in the counter `engine_run_duration_us`."""

    def __init__(self, model: str) -> None:
        self._ended: SimpleQueue[float] = SimpleQueue()
        self._counter: Any = None
        try:
            # Triton keeps one family of a name, and one counter of its labels, for all instances and models.
            self._family: Any = pb_utils.MetricFamily(
                name=METRIC, description=MEANING, kind=pb_utils.MetricFamily.COUNTER
            )
            self._counter = self._family.Metric(labels={"model": model})
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_warn(f"{model} tells no times of its runs: {error}")  # a server without metrics

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Add up the time of the block; from any thread."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._ended.put(time.perf_counter() - began)

    def report(self) -> None:
        """Tell Triton what has added up: from one thread only, several at a time make Triton crash (seen with 2.51)."""
        spent = sum(self._ended.get() for _ in range(self._ended.qsize()))
        if self._counter and spent:
            self._counter.increment(spent * 1e6)
