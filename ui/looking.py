"""One picture, one task, one answer: what the views and the named endpoints have in common."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from ui.errors import BadPicture
from ui.pictures import Picture, prepare

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.gateway.answers import Envelope
    from ui.gateway.client import Gateway
    from ui.gateway.timing import Timing
    from ui.settings import Settings
    from ui.tasks.base import Task


@dataclass(frozen=True, slots=True)
class Looked:
    """`answer` is in pixels of the original picture, whatever was sent."""

    answer: Envelope
    picture: Picture
    timing: Timing


async def look(
    gateway: Gateway, settings: Settings, task: Task, path: str | None, parameters: Mapping[str, Any]
) -> Looked:
    """Return what is seen on the picture at `path`; raises `UiError`."""
    if path is None:
        raise BadPicture("Please choose a picture first.")
    began = time.perf_counter()
    picture = await to_thread.run_sync(prepare, Path(path), settings)
    prepared_ms = (time.perf_counter() - began) * 1e3
    inferred = await gateway.infer(task.name, picture.content, picture.media, parameters, task.answer)
    answer = task.rescaled(inferred.answer, picture)
    return Looked(answer, picture, replace(inferred.timing, prepare_ms=prepared_ms))
