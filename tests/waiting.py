"""How tests wait: they look until something has happened, and only one that fails waits to the end."""

from __future__ import annotations

import asyncio
import time
from inspect import isawaitable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 20.0
"""Seconds for what should happen at once, on a machine that is busy. Deadlines that must not interfere are longer."""
STARTING = 120.0
"""Seconds for a process to be ready, or to be through with what takes a while."""


def wait_until(true: Callable[[], object], story: Callable[[], object] = str, seconds: float = PATIENCE) -> None:
    """Look again and again; when it does not come true, tell the story."""
    for pause in _looks(story, seconds):
        if true():
            return
        time.sleep(pause)


async def until(true: Callable[[], object], story: Callable[[], object] = str, seconds: float = PATIENCE) -> None:
    """Look again and again, and let the others run meanwhile; what is true may have to be awaited."""
    for pause in _looks(story, seconds):
        found = true()
        if await found if isawaitable(found) else found:
            return
        await asyncio.sleep(pause)


def _looks(story: Callable[[], object], seconds: float) -> Iterator[float]:
    """Yield the pauses between looks: short ones first, so that what is quick stays quick."""
    deadline, pause = time.monotonic() + seconds, 0.005
    while time.monotonic() < deadline:
        yield pause
        pause = min(1.5 * pause, 0.2)
    raise AssertionError(story() or f"it did not happen within {seconds:g} seconds")
