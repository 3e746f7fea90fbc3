"""A closed loop: every client asks, waits for the answer, asks again."""

from __future__ import annotations

import asyncio
import itertools
import resource
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loadtest.bench.client.http import Answer

OK = 200
LONGEST_RAMP_SECONDS = 20.0
LONGEST_PAUSE_SECONDS = 1.0
LONGEST_END_SECONDS = 30.0


class Ask(Protocol):
    """Sends picture `number` and returns the answer."""

    async def __call__(self, number: int) -> Answer: ...


@dataclass
class Outcome:
    """What happened inside the window; latencies in seconds."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


class ClosedLoop:
    """All clients of one measurement. Counting starts when each has had an answer, at most 20 s after the start."""

    def __init__(self, askers: Sequence[Ask], pictures: int) -> None:
        self._askers = askers
        self._next = itertools.cycle(range(pictures))
        self._outcome = Outcome()
        self._counting = self._stopping = False
        self._fresh = len(askers)
        self._ramped = asyncio.Event()

    async def run(self, ramp: float, seconds: float, tell: Callable[[str], None]) -> Outcome:
        """Run and return the window's outcome; `tell` hears "begin" and "end" at its borders."""
        clients = [asyncio.create_task(self._client(ask)) for ask in self._askers]
        await asyncio.sleep(ramp)
        try:
            await asyncio.wait_for(self._ramped.wait(), LONGEST_RAMP_SECONDS)
        except TimeoutError:
            tell("slow")
        tell("begin")
        began, cpu, self._counting = time.perf_counter(), _cpu_seconds(), True
        await asyncio.sleep(seconds)
        self._outcome.seconds, self._counting = time.perf_counter() - began, False
        self._outcome.cpu_seconds = _cpu_seconds() - cpu
        tell("end")
        self._stopping = True
        # Let each have its last answer: so many cancelled calls at once can make Triton's gRPC crash (seen with 2.51).
        _, late = await asyncio.wait(clients, timeout=LONGEST_END_SECONDS)
        for client in late:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
        return self._outcome

    async def _client(self, ask: Ask) -> None:
        fresh = True
        while not self._stopping:
            asked = time.perf_counter()
            answer = await ask(next(self._next))
            if fresh:
                fresh = False
                self._arrived()
            if self._counting:
                self._outcome.statuses[answer.status] += 1
                if answer.status == OK:
                    self._outcome.latencies.append(time.perf_counter() - asked)
            if answer.status != OK:
                # A refused client does as it is told, but not for so long that the load would go away.
                await asyncio.sleep(min(answer.retry_after, LONGEST_PAUSE_SECONDS))

    def _arrived(self) -> None:
        self._fresh -= 1
        if not self._fresh:
            self._ramped.set()


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
