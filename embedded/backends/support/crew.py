"""Work on several requests at a time in one process, which leaves all others in Triton's queue."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Semaphore
from typing import TYPE_CHECKING

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable


class Crew:
    """So many threads, each with a job at a time; what a job raises is in the log, and nobody else is told."""

    def __init__(self, size: int) -> None:
        self._threads, self._idle = ThreadPoolExecutor(size), Semaphore(size)

    def begin(self, job: Callable[[], None]) -> None:
        """Hand a job to the crew, as soon as it takes one more."""
        self._idle.acquire()
        self._threads.submit(self._do, job)

    def wait_for_idle(self) -> None:
        """Wait until another job could begin: what has to wait can expire or be cancelled only in Triton's queue."""
        with self._idle:
            pass

    def shutdown(self) -> None:
        """Wait until all jobs are done."""
        self._threads.shutdown()

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception:  # noqa: BLE001 - nobody looks at a thread's errors
            pb_utils.Logger.log_error(traceback.format_exc())
        finally:
            self._idle.release()
