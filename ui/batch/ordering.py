"""From files to jobs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anyio import to_thread

from ui.batch.batch import Batch, Item, Order
from ui.errors import BadPicture, UiError
from ui.gateway import jobs
from ui.pictures import prepare

if TYPE_CHECKING:
    from ui.gateway.client import Gateway
    from ui.settings import Settings

JOB_FILES = 4
"""Files of one job: few, so that the first results come early; several, so that there are not too many requests."""


async def order(
    gateway: Gateway, settings: Settings, task: str, parameters: dict[str, Any], files: list[tuple[str, str]]
) -> Batch:
    """Send files, (name, path), and return the batch; raises `UiError` when nothing at all was accepted."""
    if len(files) > settings.max_files:
        raise BadPicture(f"These are {len(files)} files; {settings.max_files} are possible at a time.")
    batch = Batch(task, parameters, [Item(name, path) for name, path in files])
    for item in batch.items:
        await _prepare(item, settings)
    usable = [item for item in batch.items if item.picture]
    for start in range(0, len(usable), JOB_FILES):
        await _submit(gateway, batch, usable[start : start + JOB_FILES])
    return batch


async def _prepare(item: Item, settings: Settings) -> None:
    try:
        item.picture = await to_thread.run_sync(prepare, Path(item.path), settings)
    except BadPicture as error:
        item.problem = str(error)


async def _submit(gateway: Gateway, batch: Batch, items: list[Item]) -> None:
    pictures = [item.picture for item in items if item.picture]
    try:
        job = await jobs.submit(gateway, batch.task, batch.parameters, pictures)
    except UiError as error:
        if not batch.orders:
            raise
        for item in items:
            item.problem = str(error)
        return
    for item in items:  # the size is all that is needed from here on
        item.picture = item.picture and replace(item.picture, content=b"")
    batch.orders.append(Order(job.id, items, job.status, job.position))
