"""What is done again and again, on a thread of its own."""

from __future__ import annotations

import traceback
from threading import Event, Thread
from typing import TYPE_CHECKING

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable


# Telling Triton a figure costs both sides a wake-up: rather now and then than with every request.
SECONDS = 0.25
PATIENCE_SECONDS = 1.0


class Periodic:
    """Does something every so many seconds, from now on; what it raises is in the log, and it is done again."""

    def __init__(self, do: Callable[[], None], seconds: float = SECONDS) -> None:
        self._do, self._seconds, self._ended = do, seconds, Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Do it no more; wait a moment for the last time, which Triton may not answer any more while it shuts down."""
        self._ended.set()
        self._thread.join(PATIENCE_SECONDS)

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            try:
                self._do()
            except Exception:  # noqa: BLE001 - nobody looks at a thread's errors
                pb_utils.Logger.log_error(traceback.format_exc())
