"""Do two servers give the same answer? Checked before anything is timed: speed with other answers is no speed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loadtest.bench.systems import Task

# Boxes near the threshold of 0.25 come and go with rounding; these must be there.
CERTAIN = 0.5
SAME_BOX_IOU = 0.9
NEARLY_EQUAL = 0.01


def agreement(task: Task, ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> float:
    """Return the share, 0 to 1, of certain boxes that both found, or of pictures with the same best class.

    A box counts as found when the other side has one of the same class with an overlap (IoU) of at least 0.9 and any
    confidence; a class as the same when it is the other side's best, or within 0.01 of its probability.
    """
    if task == "classify":
        pairs = [(a["classifications"][0]["class_id"], b["classifications"]) for a, b in zip(ours, theirs, strict=True)]
        return sum(_is_a_best(class_id, ranking) for class_id, ranking in pairs) / len(pairs)
    found = total = 0
    for a, b in zip(ours, theirs, strict=True):
        for one, other in ((a["detections"], b["detections"]), (b["detections"], a["detections"])):
            certain = [box for box in one if box["confidence"] >= CERTAIN]
            total += len(certain)
            found += sum(_is_among(box, other) for box in certain)
    return found / total if total else 1.0


def _is_among(box: dict[str, Any], others: list[dict[str, Any]]) -> bool:
    return any(other["class_id"] == box["class_id"] and overlap(box, other) >= SAME_BOX_IOU for other in others)


def overlap(a: dict[str, Any], b: dict[str, Any]) -> float:
    """Return the intersection over union of two boxes."""
    width = min(a["x_max"], b["x_max"]) - max(a["x_min"], b["x_min"])
    height = min(a["y_max"], b["y_max"]) - max(a["y_min"], b["y_min"])
    shared = max(width, 0.0) * max(height, 0.0)
    areas = [(box["x_max"] - box["x_min"]) * (box["y_max"] - box["y_min"]) for box in (a, b)]
    return float(shared / (sum(areas) - shared)) if shared else 0.0


def _is_a_best(class_id: int, ranking: list[dict[str, Any]]) -> bool:
    # Of nearly equal probabilities either may come first.
    least = ranking[0]["confidence"] - NEARLY_EQUAL
    return any(item["class_id"] == class_id and item["confidence"] >= least for item in ranking)
