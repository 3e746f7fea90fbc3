"""The last answers of this process, for `/v1/stats`; Prometheus has the whole history and all workers."""

import time
from collections import deque
from collections.abc import Callable
from itertools import takewhile
from typing import NamedTuple

KEPT = 2048
WINDOW_SECONDS = 10.0


class Latency(NamedTuple):
    """In milliseconds; None while nothing was answered."""

    average: float | None = None
    p50: float | None = None
    p95: float | None = None


class Recent:
    """Keeps the time and the duration of the last answers."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._started = clock()
        self._answers: deque[tuple[float, float]] = deque(maxlen=KEPT)

    def answered(self, seconds: float) -> None:
        self._answers.append((self._clock(), seconds * 1e3))

    def uptime(self) -> float:
        """Seconds since the process began to serve."""
        return self._clock() - self._started

    def latency(self) -> Latency:
        """Of the last 2048 answers, however long ago that was."""
        durations = sorted(milliseconds for _, milliseconds in self._answers)
        if not durations:
            return Latency()
        average = sum(durations) / len(durations)
        return Latency(average, _quantile(durations, 0.5), _quantile(durations, 0.95))

    def per_second(self) -> float:
        """Answers per second over the last ten seconds, or since the start if that is less."""
        now = self._clock()
        fresh = takewhile(lambda answer: now - answer[0] <= WINDOW_SECONDS, reversed(self._answers))
        times = [at for at, _ in fresh]
        if not times:
            return 0.0
        # A full deque may reach back less than the window.
        span = now - times[-1] if len(times) == KEPT else min(WINDOW_SECONDS, now - self._started)
        return len(times) / max(span, 1e-3)


def _quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
