"""Who may use Triton now, who waits, and who is told at once to come back later.

A bounded number of inferences run; a bounded number of callers wait in a line, first come, first served. Somebody whose
turn would come too late is told so on arrival, in microseconds, instead of after the deadline. Background work has a
line of its own, moves only when nobody else waits, and holds at most half of the slots.

For one event loop; nothing here awaits anything but its turn.
"""

import asyncio
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.call import Call
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, Overloaded
from gateway.service_times import ServiceTimes, retry_after

LINE_FULL = "line-full"
TOO_LATE = "predicted-wait"
Turn = asyncio.Future[None]
Line = OrderedDict[Turn, float]  # with the seconds that each is expected to take


class Admission:
    """Counts for whoever watches: all may be read at any time, none is to be set.

    `running`, `waiting` and `waiting_in_background` are of now. Of all time: `admitted`; `shed`, by reason; `left`, who
    went away while waiting; `dead`, whose time was over when the turn came, so that nothing was run for them; and
    `dead_started`, inferences run for them all the same, which is a defect unless it is 0.
    """

    def __init__(self, max_concurrency: int, max_queue: int) -> None:
        self._slots, self._max_queue = max_concurrency, max_queue
        self._background_slots = max(1, max_concurrency // 2)
        self._line: Line = OrderedDict()
        self._background_line: Line = OrderedDict()
        self._running_in_background = 0
        self._service = ServiceTimes()
        self.running = self.admitted = self.left = self.dead = self.dead_started = 0
        self.shed: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        return len(self._line)

    @property
    def waiting_in_background(self) -> int:
        return len(self._background_line)

    @property
    def throughput(self) -> float:
        """Inferences a second that all slots together are good for, as far as is known; 0 before the first."""
        return self._slots / self._service.mean if self._service.mean else 0.0

    @asynccontextmanager
    async def slot(self, pipeline: str, call: Call) -> AsyncIterator[None]:
        """Hold one of the slots for the block, after waiting for it if need be; the wait is the stage `queue`.

        Raises `Overloaded` when the line is full or longer than the deadline allows, `DeadlineExceeded` when the turn
        does not come in time. Cancelling leaves the line.
        """
        with call.stages.measure("queue"):
            await self._enter(pipeline, call)
        started = time.monotonic()
        try:
            self._refuse_dead(call.deadline)
            yield
            self.dead_started += call.deadline.at <= started
            self._service.observe(pipeline, time.monotonic() - started)
        except (DeadlineExceeded, asyncio.CancelledError):
            self._service.observe_cut_off(pipeline, time.monotonic() - started)
            raise
        finally:
            self._leave(background=call.background)

    def foresee(self, seconds: float, *, background: bool = False) -> None:
        """Raise `Overloaded` when somebody with `seconds` to live who came now would come in vain."""
        wait = self.predicted_wait(background=background)
        if len(self._background_line if background else self._line) >= self._max_queue:
            self._shed(LINE_FULL, wait)
        if wait and wait + self._service.long > seconds:
            self._shed(TOO_LATE, wait + self._service.long - seconds)

    def predicted_wait(self, *, background: bool = False) -> float:
        """Seconds until a newcomer's turn: what is ahead, done by all slots side by side."""
        if self._free(background=background):
            return 0.0
        lines = (self._line, self._background_line) if background else (self._line,)
        ahead = sum(sum(line.values()) for line in lines)
        return (ahead + self._service.mean) / (self._background_slots if background else self._slots)

    def _free(self, *, background: bool) -> bool:
        if self.running >= self._slots:
            return False
        return not background or (self._running_in_background < self._background_slots and not self._background_line)

    async def _enter(self, pipeline: str, call: Call) -> None:
        if self._free(background=call.background):
            self._take(background=call.background)
            return
        self.foresee(call.deadline.remaining(), background=call.background)
        line = self._background_line if call.background else self._line
        turn: Turn = asyncio.get_running_loop().create_future()
        line[turn] = self._service.expected(pipeline)
        try:
            async with asyncio.timeout(call.deadline.remaining()):
                await turn
        except BaseException as reason:
            self._give_up(turn, line, background=call.background)
            if isinstance(reason, TimeoutError):
                self.dead += 1
                raise DeadlineExceeded from None
            self.left += 1
            raise

    def _give_up(self, turn: Turn, line: Line, *, background: bool) -> None:
        if line.pop(turn, None) is None and not turn.cancelled() and turn.done():
            self._leave(background=background)  # the turn had come in the same moment: pass it on

    def _refuse_dead(self, deadline: Deadline) -> None:
        try:
            deadline.remaining()
        except DeadlineExceeded:
            self.dead += 1
            raise

    def _take(self, *, background: bool) -> None:
        self.running += 1
        self._running_in_background += background
        self.admitted += 1

    def _leave(self, *, background: bool) -> None:
        self.running -= 1
        self._running_in_background -= background
        self._call_next()

    def _call_next(self) -> None:
        while self._line and self.running < self._slots:
            self._grant(self._line, background=False)
        while self._background_line and self.running < self._slots and self._background_may_run():
            self._grant(self._background_line, background=True)

    def _background_may_run(self) -> bool:
        return self._running_in_background < self._background_slots

    def _grant(self, line: Line, *, background: bool) -> None:
        turn, _ = line.popitem(last=False)
        if not turn.done():  # else its owner has left, and is about to notice
            turn.set_result(None)
            self._take(background=background)

    def _shed(self, reason: str, wait: float) -> None:
        self.shed[reason] += 1
        raise Overloaded(retry_after=retry_after(wait))
