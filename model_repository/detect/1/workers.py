"""Threads of which the one that has worked last works next.

What a thread has touched is still near its core. A pool of Python's gives each its turn: pictures that come one by one
then take 2 % longer. Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

from collections import deque
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Job = Callable[[], None]
    Hand = SimpleQueue[Job | None]


class Workers:
    """So many threads, each with one job at a time; a job must not raise anything."""

    def __init__(self, threads: int) -> None:
        self._lock, self._ended = Lock(), False
        self._waiting: deque[Job] = deque()
        self._idle: list[Hand] = [SimpleQueue() for _ in range(threads)]
        # Daemons, for a process must be able to end that never got so far as to call `shutdown`.
        self._threads = [Thread(target=self._work, args=(hand,), daemon=True) for hand in self._idle]
        for thread in self._threads:
            thread.start()

    def begin(self, job: Job) -> None:
        """Have a job done, by a thread that is idle or by the next one that is."""
        with self._lock:
            if self._idle:
                self._idle.pop().put(job)
            else:
                self._waiting.append(job)

    def shutdown(self) -> None:
        """Wait until all jobs are done, those that nobody has begun as well; there must be no more of them."""
        with self._lock:
            self._ended = True
            for hand in self._idle:
                hand.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, hand: Hand) -> None:
        while (job := hand.get()) is not None:
            while job is not None:
                job()
                job = self._following(hand)  # and nothing of the last one is kept while nobody comes

    def _following(self, hand: Hand) -> Job | None:
        """Return the next job, if there is one, or else be idle."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._idle.append(hand)
            if self._ended:
                hand.put(None)
        return None
