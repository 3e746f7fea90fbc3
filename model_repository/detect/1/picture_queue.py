"""The queue of a pipeline that works on several pictures at a time in one process.

Triton's own (`dynamic_batching` with a bound) may not notice that its model is free, and then keeps a request back for
half a second (seen with 2.51). Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

import triton_python_backend_utils as pb_utils
from engine import EngineError
from workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class QueuePolicy:
    """Bounds of a queue, named and meant as in Triton's `default_queue_policy`, and one that Triton's has not."""

    max_queue_size: int
    """Of those that wait; 0: no bound."""
    max_queue_bytes: int
    """Of the pictures of those and of what is worked on, which lie in shared memory; 0: no bound.

    Triton never gives back what that memory grew to.
    """
    default_timeout_microseconds: int
    """For requests that name none, or a longer one; 0: no bound."""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> QueuePolicy:
        """Read the parameters `queue.*`; ValueError names one that is no number."""
        return cls(
            max_queue_size=_number(parameters, "queue.max_queue_size", "128"),
            max_queue_bytes=_number(parameters, "queue.max_queue_bytes", str(256 * 2**20)),
            default_timeout_microseconds=_number(parameters, "queue.default_timeout_microseconds", "10000000"),
        )


class PictureQueue:
    """So many threads, each with one job at a time, and a bounded queue before them.

    What a job raises is in the log, and nobody else is told. Who has ended a job has the next at hand, without a word
    to Triton and without sleeping.
    """

    def __init__(self, threads: int, policy: QueuePolicy) -> None:
        self._workers, self._count, self._policy = Workers(threads), threads, policy
        self._lock, self._jobs, self._bytes = Lock(), 0, 0

    @property
    def waiting(self) -> int:
        """How many jobs no thread is left for."""
        return max(self._jobs - self._count, 0)

    @property
    def alone(self) -> bool:
        """Whether no job is there but one."""
        return self._jobs <= 1

    def begin(self, job: Callable[[], None], size: int) -> None:
        """Do a job on a picture of so many bytes as soon as a thread is free.

        Raises `EngineError` when too much waits for that already.
        """
        with self._lock:
            if self._is_full(size):
                # Triton's own words for a queue that is full.
                raise EngineError("Exceeds maximum queue size", pb_utils.TritonError.UNAVAILABLE)
            self._workers.begin(partial(self._do, job, size))
            self._jobs += 1
            self._bytes += size

    def shutdown(self) -> None:
        """Wait until all jobs are done, those in the queue as well."""
        self._workers.shutdown()

    def _is_full(self, size: int) -> bool:
        if self._jobs < self._count:
            return False
        too_many = 0 < self._policy.max_queue_size <= self.waiting
        too_much = 0 < self._policy.max_queue_bytes < self._bytes + size
        return too_many or too_much

    def _do(self, job: Callable[[], None], size: int) -> None:
        try:
            job()
        except Exception:  # noqa: BLE001 - nobody looks at a thread's errors
            pb_utils.Logger.log_error(traceback.format_exc())
        finally:
            with self._lock:
                self._jobs -= 1
                self._bytes -= size


def keeps_a_queue(parameters: Mapping[str, str]) -> bool:
    """Tell whether a pipeline is to keep its queue itself, also where nothing else asks for it."""
    return any(name.startswith("queue.") for name in parameters)


def _number(parameters: Mapping[str, str], name: str, default: str) -> int:
    value = parameters.get(name, default)
    if not value.isdigit():
        raise ValueError(f"expected the parameter '{name}' to be a non-negative number, got {value}")
    return int(value)
