"""Load on one pipeline of a live Triton, and what came of it."""

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


def measure(pipeline: Pipeline, pictures: Sequence[bytes], clients: int, seconds: float) -> Measurement:
    """Send pictures in turn from `clients` clients, each waiting for its answer, and count for `seconds`.

    Every picture is sent once before, so that shapes seen for the first time do not count. Counting begins when each
    client has had an answer: they come all at once, which is not how it goes on.
    """
    numbers, served, begun, failed = count(), list[int](), list[float](), list[int]()
    latencies: list[float] = []

    def client(number: int) -> None:
        while not failed and not (begun and time.perf_counter() > begun[0] + seconds):
            sent = time.perf_counter()
            try:
                pipeline.ask(pictures[next(numbers) % len(pictures)])
            except BaseException:
                failed.append(number)
                raise
            now = time.perf_counter()
            if begun and now <= begun[0] + seconds:
                latencies.append(now - sent)
            if number not in served:
                served.append(number)
                if len(served) == clients:
                    begun.append(now)

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(pipeline.ask, pictures))
        list(pool.map(client, range(clients)))
    if not latencies:
        raise TuningError(f"no answer came within {seconds:g} s: measure for longer, with --seconds")
    p50, p99 = np.percentile(latencies, (50, 99)) * 1e3
    return Measurement(round(len(latencies) / seconds, 2), round(float(p50), 2), round(float(p99), 2))
