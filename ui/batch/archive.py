"""A batch to take along: results as JSON and CSV, and the annotated pictures, in one ZIP."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from ui.tasks import task_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ui.batch.batch import Batch, Item

# What a spreadsheet would take for the start of a formula (the last four are the wide forms of the first):
# names and labels come from others.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def archive(batch: Batch) -> bytes:
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as target:
        target.writestr("results.json", json.dumps(_document(batch), indent=2))
        target.writestr("results.csv", table(batch))
        for number, item in enumerate(batch.items, 1):
            if item.annotated and Path(item.annotated).is_file():
                name = f"annotated/{number:03}-{PureWindowsPath(item.name).stem}.jpg"  # knows both kinds of slashes
                target.write(item.annotated, name, ZIP_STORED)  # a JPEG gets no smaller
    return packed.getvalue()


def _document(batch: Batch) -> dict[str, Any]:
    return {"task": batch.task, "parameters": batch.parameters, "files": [_told(item) for item in batch.items]}


def _told(item: Item) -> dict[str, Any]:
    if item.answer:
        return {"file": item.name, **item.answer.model_dump(mode="json")}
    return {"file": item.name, "error": item.problem or "There is no result."}


def table(batch: Batch) -> str:
    """Return a line for everything that was found, and one for each file where nothing was."""
    rows = [row for item in batch.items for row in _rows(batch.task, item)]
    columns = dict.fromkeys(name for row in rows for name in row)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns) or ["file"], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _rows(task: str, item: Item) -> Iterator[dict[str, Any]]:
    if not item.answer:
        yield {"file": item.name, "error": item.problem or "There is no result."}
        return
    lists = [value for value in task_of(task).shows(item.answer).values() if isinstance(value, list)]
    found = [one for entries in lists for one in entries]
    yield from ({"file": item.name, **one} for one in found or [{}])


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
