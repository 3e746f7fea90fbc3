"""What is seen of a run while it lasts: a line that changes on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import gevent

from loadtest.recorder import Ending
from loadtest.summary import figures

if TYPE_CHECKING:
    from loadtest.recorder import Recorder, Sample

TERMINAL_SECONDS = 1.0
FILE_SECONDS = 10.0


class Progress:
    """To stderr: stdout is for the result."""

    def __init__(self, recorder: Recorder, begin: float, duration: float) -> None:
        self._recorder = recorder
        self._begin = begin
        self._duration = duration
        self._terminal = sys.stderr.isatty()

    def run(self) -> None:
        """Show it until killed; for a greenlet of its own."""
        every = TERMINAL_SECONDS if self._terminal else FILE_SECONDS
        while True:
            gevent.sleep(every)
            line = self._line(time.perf_counter(), every)
            sys.stderr.write(f"\r\033[K{line}" if self._terminal else f"{line}\n")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\033[K")

    def _line(self, now: float, every: float) -> str:
        recent = self._recent(now - every)
        shown = figures(recent, now - every, now)
        late = {"missed": self._recorder.missed, "dropped": self._recorder.dropped}
        counts = {ending.value: sum(s.ending is ending for s in recent) for ending in (Ending.ERROR, Ending.SHED)}
        told = [f"{name} {count}" for name, count in (counts | late).items() if count]
        latency = f"p50 {shown['p50']:.0f} p99 {shown['p99']:.0f} ms" if shown["p50"] and shown["p99"] else "no answer"
        return "  ".join([f"{now - self._begin:5.0f}/{self._duration:g} s", f"{shown['rps']:7.1f}/s", latency, *told])

    def _recent(self, since: float) -> list[Sample]:
        """Walk back from the newest: a soak has millions of samples."""
        found: list[Sample] = []
        for samples in self._recorder.samples.values():
            for sample in reversed(samples):
                if sample.ended < since:
                    break
                found.append(sample)
        return found
