"""Load on one pipeline of a live Triton, and what came of it."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np

from export.errors import TuningError


class Pipeline(Protocol):
    """Anything that answers a picture file."""

    def ask(self, picture: bytes) -> object:
        """Return when the answer is there."""


@dataclass(frozen=True)
class Measurement:
    """Pictures per second, and milliseconds that half, and all but one in a hundred, of the answers took."""

    throughput: float
    p50_ms: float
    p99_ms: float


class _Window:
    """The time that counts: from when each client has had an answer, for so many seconds."""

    def __init__(self, clients: int, seconds: float) -> None:
        self._unserved, self._seconds, self._end = set(range(clients)), seconds, math.inf
        self.latencies: list[float] = []

    @property
    def over(self) -> bool:
        return time.perf_counter() > self._end

    def close(self) -> None:
        """End it now."""
        self._end = 0.0

    def answered(self, client: int, sent: float) -> None:
        now = time.perf_counter()
        if self._unserved:
            self._unserved.discard(client)
            if not self._unserved:
                self._end = now + self._seconds
        elif now <= self._end:
            self.latencies.append(now - sent)


def measure(pipeline: Pipeline, pictures: Sequence[bytes], clients: int, seconds: float) -> Measurement:
    """Send pictures in turn from `clients` clients, each waiting for its answer, and count for `seconds`.

    Every picture is sent once before, so that shapes seen for the first time do not count. Counting begins when each
    client has had an answer: they come all at once, which is not how it goes on. Raises `TuningError` when nothing was
    answered in that time, and what the pipeline raises.
    """
    numbers, window = count(), _Window(clients, seconds)

    def client(number: int) -> None:
        try:
            while not window.over:
                sent = time.perf_counter()
                pipeline.ask(pictures[next(numbers) % len(pictures)])
                window.answered(number, sent)
        except Exception:
            window.close()  # the others would wait for this one
            raise

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(pipeline.ask, pictures))
        list(pool.map(client, range(clients)))
    if not window.latencies:
        raise TuningError(f"no answer came within {seconds:g} s: measure for longer, with --seconds")
    p50, p99 = np.percentile(window.latencies, (50, 99)) * 1e3
    return Measurement(round(len(window.latencies) / seconds, 2), round(float(p50), 2), round(float(p99), 2))
