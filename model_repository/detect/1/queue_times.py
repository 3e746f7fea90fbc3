"""How long a pipeline's own queue is, and how long requests wait in it, told by Triton's metrics.

Triton's own figures of the queue are about 0 for such a pipeline. Shared by the pipelines: their folders hold a link
to this one.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import triton_python_backend_utils as pb_utils

DURATION = "pipeline_queue_duration_us"
PENDING = "pipeline_pending_request_count"


class QueueTimes:
    """Adds up the microseconds in `pipeline_queue_duration_us`; those that wait: `pipeline_pending_request_count`."""

    def __init__(self, model: str) -> None:
        self._waits: SimpleQueue[float] = SimpleQueue()
        self._told, self._metrics = 0, []
        try:
            self._families: list[Any] = [
                pb_utils.MetricFamily(
                    name=DURATION,
                    description="Cumulative time that requests waited in a pipeline's own queue, in microseconds",
                    kind=pb_utils.MetricFamily.COUNTER,
                ),
                pb_utils.MetricFamily(
                    name=PENDING,
                    description="Number of requests that wait in a pipeline's own queue",
                    kind=pb_utils.MetricFamily.GAUGE,
                ),
            ]
            self._metrics = [family.Metric(labels={"model": model}) for family in self._families]
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_warn(f"{model} tells nothing of its queue: {error}")  # a server without metrics

    def add(self, seconds: float) -> None:
        """Count a request that has waited; from any thread."""
        self._waits.put(seconds)

    def report(self, waiting: int) -> None:
        """Tell Triton: from one thread only, several at a time make Triton crash (seen with 2.51)."""
        waits = [self._waits.get() for _ in range(self._waits.qsize())]
        if not self._metrics:
            return
        duration, pending = self._metrics
        if waits:
            duration.increment(sum(waits) * 1e6)
        if waiting != self._told:
            pending.set(waiting)
            self._told = waiting
