"""Load on one pipeline of a live Triton, and what came of it."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import numpy as np


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
    """Send pictures in turn from `clients` clients, each waiting for its answer, for `seconds`.

    Every picture is sent once before, so that shapes seen for the first time do not count.
    """
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(pipeline.ask, pictures))
        numbers, latencies = count(), list[float]()
        started = time.perf_counter()
        end = started + seconds

        def client(_: int) -> None:
            while (sent := time.perf_counter()) < end:
                pipeline.ask(pictures[next(numbers) % len(pictures)])
                latencies.append(time.perf_counter() - sent)

        list(pool.map(client, range(clients)))
    elapsed = time.perf_counter() - started
    p50, p99 = np.percentile(latencies, (50, 99)) * 1e3
    return Measurement(round(len(latencies) / elapsed, 2), round(float(p50), 2), round(float(p99), 2))
