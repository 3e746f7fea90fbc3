"""A session: frames in, answers out in the order of the frames, settings in between.

Three loops share the work. The reader never waits for Triton, so it sees at once when the client leaves; it puts frames
into a mailbox where the newest one wins. The dispatcher takes one whenever fewer than `in_flight` are under way. The
writer sends answers; until one is sent its frame counts as under way, so that a client that does not read makes frames
drop instead of answers pile up.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pydantic_core import to_json

from gateway.call import Call
from gateway.deadline import Deadline
from gateway.errors import GatewayError
from gateway.problems import describe
from gateway.streams.ended import IDLE, NOT_READ, Ended
from gateway.streams.frame import Frame, Reply
from gateway.streams.mailbox import Latest
from gateway.streams.roles import Channel, Limits, Worker
from gateway.streams.wanted import Wanted


class Session:
    def __init__(self, channel: Channel, worker: Worker, wanted: Wanted, limits: Limits, request_id: str) -> None:
        self._channel = channel
        self._worker = worker
        self._wanted = wanted
        self._limits = limits
        self._request_id = request_id
        self._waiting: Latest[Frame] = Latest()
        self._slots = asyncio.Semaphore(limits.in_flight)
        self._replies: asyncio.Queue[asyncio.Task[Reply]] = asyncio.Queue()
        self._sending = asyncio.Lock()
        self.received = 0

    @property
    def dropped(self) -> int:
        return self._waiting.dropped

    async def run(self) -> Ended:
        """Serve until somebody ends it; whatever is at Triton then is cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for loop in (self._read(), self._dispatch(tasks), self._write()):
                    tasks.create_task(loop)
        except* Ended as group:
            ended = next(one for one in group.exceptions if isinstance(one, Ended))
        return ended

    async def _read(self) -> None:
        idle_at = self._idle_at()
        while True:
            message = await self._receive(idle_at)
            if isinstance(message, str):
                await self._change(message)
            else:
                self._worker.count(dropped=self._waiting.put(self._frame(message)))
                idle_at = self._idle_at()
                # Frames that came together: each gets the free slot there may be, and other sessions get their turn.
                await asyncio.sleep(0)

    async def _dispatch(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            await self._slots.acquire()  # first, so that the newest frame of that moment is taken
            frame = await self._waiting.take()
            self._replies.put_nowait(tasks.create_task(self._worker.answer(frame)))

    async def _write(self) -> None:
        while True:
            reply = await (await self._replies.get())
            async with self._may_send():
                await self._channel.send(reply.message(self.dropped))
                if reply.picture:
                    await self._channel.send(reply.picture)
            self._slots.release()

    async def _change(self, message: str) -> None:
        try:
            wanted = self._wanted.changed(message)
            await self._worker.check(wanted)
        except GatewayError as error:
            answer: dict[str, Any] = {"error": describe(error, self._request_id)}
        else:
            self._wanted = wanted
            answer = {"settings": wanted.document()}
        async with self._may_send():
            await self._channel.send(to_json(answer).decode())

    def _frame(self, image: bytes) -> Frame:
        number, self.received = self.received, self.received + 1
        asked_ms = self._wanted.parameters.deadline_ms or math.inf
        deadline = Deadline.after(min(self._limits.frame_deadline, asked_ms / 1e3))
        return Frame(number, self._wanted, image, Call(f"{self._request_id}-{number}", deadline))

    def _idle_at(self) -> float:
        return asyncio.get_running_loop().time() + self._limits.idle

    async def _receive(self, idle_at: float) -> bytes | str:
        try:
            async with asyncio.timeout_at(idle_at):
                return await self._channel.receive()
        except TimeoutError:
            raise Ended(IDLE, f"no frame for {self._limits.idle:g} seconds", ours=True) from None

    @asynccontextmanager
    async def _may_send(self) -> AsyncIterator[None]:
        """One message, or what belongs together, at a time and in time."""
        try:
            async with self._sending, asyncio.timeout(self._limits.send):
                yield
        except TimeoutError:
            raise Ended(NOT_READ, "answers are not read", ours=True) from None
