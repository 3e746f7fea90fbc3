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
    """All clients of one measurement.

    Counting starts when each has been served, at most 20 s after the start: before that, they come all at once and
    those who are refused come back all at once, which is not how it goes on.
    """

    def __init__(self, askers: Sequence[Ask], pictures: int) -> None:
        self._askers = askers
        self._next = itertools.cycle(range(pictures))
        self._outcome = Outcome()
        self._counting = self._stopping = False
        self._unserved = len(askers)
        self._all_served = asyncio.Event()

    async def run(self, ramp: float, seconds: float, tell: Callable[[str], None]) -> Outcome:
        """Run and return the window's outcome; `tell` hears "begin" and "end" at its borders."""
        clients = [asyncio.create_task(self._client(ask)) for ask in self._askers]
        await asyncio.sleep(ramp)
        try:
            async with asyncio.timeout(LONGEST_RAMP_SECONDS):
                await self._all_served.wait()
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
        served = False
        while not self._stopping:
            asked = time.perf_counter()
            answer = await ask(next(self._next))
            if not served and answer.status == OK:
                served = True
                self._serve_one_more()
            if self._counting:
                self._outcome.statuses[answer.status] += 1
                if answer.status == OK:
                    self._outcome.latencies.append(time.perf_counter() - asked)
            if answer.status != OK:
                # A refused client does as it is told, but not for so long that the load would go away.
                await asyncio.sleep(min(answer.retry_after, LONGEST_PAUSE_SECONDS))

    def _serve_one_more(self) -> None:
        self._unserved -= 1
        if not self._unserved:
            self._all_served.set()


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
