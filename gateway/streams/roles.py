"""Who plays with a session: a client, somebody who looks at frames, and what they may do."""

from dataclasses import dataclass
from typing import Protocol

from gateway.streams.frame import Frame, Reply
from gateway.streams.wanted import Wanted


class Channel(Protocol):
    """The client. Both methods raise `Ended` when it is gone."""

    async def receive(self) -> bytes | str: ...

    async def send(self, message: bytes | str) -> None: ...


class Worker(Protocol):
    async def check(self, wanted: Wanted) -> None: ...

    async def answer(self, frame: Frame) -> Reply: ...

    def count(self, *, dropped: int) -> None:
        """Be told that a frame came, and how many it replaced."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`in_flight` frames at Triton at a time; times in seconds."""

    in_flight: int
    frame_deadline: float
    idle: float
    send: float
