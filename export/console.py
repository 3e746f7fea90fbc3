"""What the user sees: one line per step with its duration, and a progress line for what takes long."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Console:
    """Writes lines to a stream; `stream` is standard output unless given."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    def line(self, text: str) -> None:
        self._write(f"{text}\n")

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show `text` while the step runs and the seconds it took once it is done."""
        self._write(f"{text} ... ")
        start = time.perf_counter()
        try:
            yield
        except BaseException:
            self.line("failed")
            raise
        self.line(f"{time.perf_counter() - start:.1f} s")

    def progress(self, done: int, total: int | None) -> None:
        """Redraw the progress of a download, in bytes; a log file gets no such lines."""
        if not self._stream.isatty():
            return
        share = f" of {total / 1e6:.1f} MB ({100 * done / total:.0f} %)" if total else " MB"
        self._write(f"\r  {done / 1e6:.1f}{share} ")

    def phase(self, name: str, done: int, total: int) -> None:
        """Redraw how much of a phase is done; a log file gets no such lines."""
        if self._stream.isatty():
            self._write(f"\r\033[K  {name} ({100 * done / max(total, 1):.0f} %) ")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
