"""Is it an answer? Load that is answered with nonsense must not look fast. All raise `RequestError`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtest.outcome import RequestError, failed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    Tensors = Callable[[str], np.ndarray[Any, Any] | None]

ITEMS = {
    "detect": ("detections", {"x_min", "y_min", "x_max", "y_max", "confidence", "class_id", "label"}),
    "classify": ("classifications", {"class_id", "label", "confidence"}),
}
# Output of each pipeline -> its number of dimensions; all but the last are as long as one another.
OUTPUTS = {
    "detect": {"boxes": 2, "scores": 1, "class_ids": 1, "labels": 1},
    "classify": {"scores": 1, "class_ids": 1, "labels": 1},
}
BOX = 4


def check_document(task: str, document: Any) -> None:
    """Check what the gateway answers to a picture, in whatever way it came."""
    if isinstance(document, dict) and "error" in document:
        raise problem(document["error"])
    name, keys = ITEMS[task]
    items = document.get(name) if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise RequestError(f"the answer has no list {name}")
    if task == "classify" and not items:
        raise RequestError("the answer names no class")
    if any(not keys <= item.keys() for item in items):
        raise RequestError(f"an item of {name} is not complete")


def check_tensors(task: str, tensor: Tensors) -> None:
    """Check what a pipeline answers; `tensor` gives an output by its name."""
    lengths = set()
    for name, dimensions in OUTPUTS[task].items():
        values = tensor(name)
        if values is None or values.ndim != dimensions:
            raise RequestError(f"the output {name} is missing or has another shape")
        lengths.add(len(values))
    if len(lengths) > 1:
        raise RequestError("the outputs are not of one length")
    if task == "classify" and lengths == {0}:
        raise RequestError("the answer names no class")


def problem(document: Any) -> RequestError:
    """Return the failure that a problem (RFC 9457) describes."""
    if not isinstance(document, dict):
        return RequestError("the error is no problem document")
    return failed(int(document.get("status", 0)), str(document.get("type", "")).rpartition("/")[2])
