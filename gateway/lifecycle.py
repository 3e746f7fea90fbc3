"""The end of a process, announced: on SIGTERM it says first that it is not ready, and stops accepting later.

Whoever spreads the load needs a moment to notice. Until then new requests still come and must be served; connections
that are kept open are closed with their next answer, so that nothing is on its way when the listener goes.
"""

import asyncio
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

logger = logging.getLogger(__name__)


class Lifecycle:
    """`draining` turns true once and stays; long-lived answers can await `drain` and end themselves."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay_seconds = delay_seconds
        self.drain = asyncio.Event()

    @property
    def draining(self) -> bool:
        return self.drain.is_set()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Stand before the server's own handler of SIGTERM, where there is one, and hand over after the delay."""
        stop = signal.getsignal(signal.SIGTERM)
        if not callable(stop):  # no server around us
            yield
            return
        loop = asyncio.get_running_loop()

        def announce(number: int, frame: FrameType | None) -> None:
            # Among anything, in the middle of anything: the loop does the rest when it is ready for it.
            loop.call_soon_threadsafe(self._begin, stop, number, frame)

        signal.signal(signal.SIGTERM, announce)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, stop)

    def _begin(self, stop: Callable[[int, FrameType | None], object], number: int, frame: FrameType | None) -> None:
        if self.draining or not self._delay_seconds:  # told twice: now
            self.drain.set()
            stop(number, frame)
            return
        logger.info("shutting down: not ready from now on, accepting for another %g s", self._delay_seconds)
        self.drain.set()
        asyncio.get_running_loop().call_later(self._delay_seconds, stop, number, frame)
