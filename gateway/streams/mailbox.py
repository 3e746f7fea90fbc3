"""One place for what waits: whoever comes later takes it."""

import asyncio
from typing import Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """A mailbox with one slot and one taker. Memory and waiting time do not depend on how fast it is filled."""

    def __init__(self) -> None:
        self._slot: list[T] = []
        self._filled = asyncio.Event()
        self.dropped = 0

    def put(self, item: T) -> int:
        """Leave `item`; one that still waits is dropped and counted. Return how many were: 0 or 1."""
        replaced, self._slot = len(self._slot), [item]
        self.dropped += replaced
        self._filled.set()
        return replaced

    async def take(self) -> T:
        """Return the newest item as soon as there is one."""
        await self._filled.wait()
        self._filled.clear()
        return self._slot.pop()
