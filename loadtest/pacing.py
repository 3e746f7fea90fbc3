"""When a request starts: when the one before has ended, or when it is due whether anything has ended or not."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Protocol

import gevent
from gevent.event import AsyncResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Between a failure and the next try of a closed loop: no user asks 10,000 times a second for a refused connection.
PAUSE_SECONDS = 0.1


class Pacing(Protocol):
    """Times are those of `time.perf_counter`."""

    def next(self) -> float | None:
        """Wait until the next request and return when it should have started; None: there is none any more."""
        ...

    def failed(self) -> None:
        """Hear that it failed."""
        ...


class BackToBack:
    """A closed loop: the next one follows the answer. A slow server is asked less, and its queues stay short."""

    def next(self) -> float | None:
        return time.perf_counter()

    def failed(self) -> None:
        time.sleep(PAUSE_SECONDS)


class Arrivals:
    """An open loop: requests arrive at a rate and are given to idle users; their time counts from the arrival.

    There are as many users as there may be requests in flight. When none is idle the arrival is missed: it was part
    of the load, but was not sent, and is counted in `missed`.
    """

    def __init__(self, gaps: Iterator[float], missed: Callable[[float], None]) -> None:
        self._gaps = gaps
        self._missed = missed
        self._idle: list[AsyncResult[float | None]] = []
        self._ended = False

    def next(self) -> float | None:
        if self._ended:
            return None
        turn: AsyncResult[float | None] = AsyncResult()
        self._idle.append(turn)
        due: float | None = turn.get()
        return due

    def failed(self) -> None:
        pass  # the next arrival comes when it comes

    def run(self) -> None:
        """Let requests arrive until `end`; for a greenlet of its own."""
        due = time.perf_counter()
        for gap in self._gaps:
            if self._ended:
                return
            due += gap
            # Also when late: everybody else must get their turn.
            gevent.sleep(max(0.0, due - time.perf_counter()))
            self._arrive(due)

    def end(self) -> None:
        """No arrival any more; idle users hear of it."""
        self._ended = True
        while self._idle:
            self._idle.pop().set(None)

    def _arrive(self, due: float) -> None:
        if self._ended:
            return
        if self._idle:
            # The user who was busy last: few connections at a low rate, as with a pool.
            self._idle.pop().set(due)
        else:
            self._missed(due)


def gaps(rate: float, arrivals: str, seed: int) -> Iterator[float]:
    """Yield the seconds between arrivals: all the same, or exponential, as of many who know nothing of each other."""
    chance = random.Random(seed)  # noqa: S311 - a load, not a secret
    while True:
        yield 1 / rate if arrivals == "constant" else chance.expovariate(rate)
