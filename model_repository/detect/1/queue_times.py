"""What comes of requests in a pipeline's own queue, told by Triton's metrics.

Triton's own figures of the queue are about 0 for such a pipeline, and it counts as successful whatever the pipeline has
taken, refusals included. Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import Any

import triton_python_backend_utils as pb_utils

COUNTERS = {
    "pipeline_queue_request_count": "Number of requests whose turn came in a pipeline's own queue",
    "pipeline_queue_refusal_count": "Number of requests that a pipeline refused because its own queue was full",
    "pipeline_queue_duration_us": "Cumulative time that requests waited in a pipeline's own queue, in microseconds",
}
PENDING = "pipeline_pending_request_count"


class QueueTimes:
    """Counts those whose turn came, how long they waited, and those that found no place; tells how many wait."""

    def __init__(self, model: str) -> None:
        self._waits: SimpleQueue[float] = SimpleQueue()
        self._refusals: SimpleQueue[None] = SimpleQueue()
        self._metrics: list[Any] = []
        counter, gauge = pb_utils.MetricFamily.COUNTER, pb_utils.MetricFamily.GAUGE
        try:
            self._families: list[Any] = [
                *(pb_utils.MetricFamily(name=name, description=text, kind=counter) for name, text in COUNTERS.items()),
                pb_utils.MetricFamily(
                    name=PENDING, description="Number of requests that wait in a pipeline's own queue", kind=gauge
                ),
            ]
            self._metrics = [family.Metric(labels={"model": model}) for family in self._families]
        except pb_utils.TritonModelException as error:
            pb_utils.Logger.log_warn(f"{model} tells nothing of its queue: {error}")  # a server without metrics

    def waited(self, seconds: float) -> None:
        """Count a request whose turn has come; from any thread."""
        self._waits.put(seconds)

    def refused(self) -> None:
        """Count a request that found no place; from any thread."""
        self._refusals.put(None)

    def report(self, waiting: int) -> None:
        """Tell Triton: from one thread only, several at a time make Triton crash (seen with 2.51)."""
        waits = [self._waits.get() for _ in range(self._waits.qsize())]
        refusals = [self._refusals.get() for _ in range(self._refusals.qsize())]
        if not self._metrics:
            return
        requests, refused, duration, pending = self._metrics
        if waits:
            requests.increment(len(waits))
            duration.increment(sum(waits) * 1e6)
        if refusals:
            refused.increment(len(refusals))
        # Always: Triton still has what a process told last that was killed.
        pending.set(waiting)
