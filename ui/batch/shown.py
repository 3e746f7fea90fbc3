"""What `<tv-batch>` is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.tasks import task_of
from ui.uploads import address

if TYPE_CHECKING:
    from ui.batch.batch import Batch, Item, Order


def shown(batch: Batch, archived: str = "") -> dict[str, Any]:
    """Return the batch in JSON's terms; `archived` is where a ZIP that was asked for lies: the browser saves it."""
    return {
        "task": batch.task,
        "looks": batch.looks,  # Gradio tells the element nothing when nothing has changed; it waits for that
        "total": len(batch.items),
        "done": sum(order.done for order in batch.orders) + sum(not item.picture for item in batch.items),
        "running": bool(batch.open),
        "trouble": batch.trouble,
        "jobs": [_job(order) for order in batch.orders],
        "pictures": [_picture(batch.task, item) for item in batch.items if item.answer],
        "problems": [{"name": item.name, "sentence": item.problem} for item in batch.items if item.problem],
        "archive": address(archived) if archived else "",
    }


def _job(order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "status": order.status.value,
        "position": order.position,
        "done": order.done,
        "total": len(order.items),
        "names": [item.name for item in order.items],
        "problem": order.problem,
    }


def _picture(task: str, item: Item) -> dict[str, Any]:
    assert item.answer  # noqa: S101 - narrows
    return {
        "name": item.name,
        "image": address(item.annotated),
        "weights": item.answer.weights,
        **task_of(task).shows(item.answer),
    }
