"""Candidates of a detection network to boxes in the pixels of the picture.

Source of the rules: `non_max_suppression` and `scale_boxes` of ultralytics 8.4, whose predictions are the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]

# Boxes of different classes are moved this far apart, so that they never suppress one another.
CLASS_OFFSET = np.float32(7680)
CENTER_X, CENTER_Y, WIDTH, HEIGHT, SCORE, CLASS = range(6)


@dataclass(frozen=True)
class Thresholds:
    """What to keep: score above `confidence`, overlap with a better box up to `iou`, the best `max_detections`.

    `classes` are the class ids to look for; None looks for all.
    """

    confidence: float
    iou: float
    max_detections: int
    classes: Integers | None = None


def detect(candidates: Floats, geometry: Floats, thresholds: Thresholds) -> tuple[Floats, Floats, Integers]:
    """Choose detections among candidates FP32 [K, 6+] in descending order of score.

    `geometry` FP32 [6] comes from the letterbox step. Returns boxes FP32 [D, 4] (x min, y min, x max, y max in pixels
    of the picture, clipped to it), scores FP32 [D] and class ids INT64 [D].
    """
    chosen = candidates[candidates[:, SCORE] > thresholds.confidence]
    if thresholds.classes is not None:
        chosen = chosen[np.isin(chosen[:, CLASS], thresholds.classes)]
    chosen = chosen[np.argsort(-chosen[:, SCORE], kind="stable")]
    corners = to_corners(chosen)
    kept = suppress(corners + chosen[:, CLASS, None] * CLASS_OFFSET, thresholds.iou, thresholds.max_detections)
    return to_picture(corners[kept], geometry), chosen[kept, SCORE], chosen[kept, CLASS].astype(np.int64)


def to_corners(candidates: Floats) -> Floats:
    """Turn centre and size into corners, [K, 4]."""
    centers, halves = candidates[:, CENTER_X : CENTER_Y + 1], candidates[:, WIDTH : HEIGHT + 1] / 2
    return np.concatenate([centers - halves, centers + halves], axis=1)


def suppress(boxes: Floats, iou: float, limit: int) -> Integers:
    """Greedy suppression of boxes [K, 4], best first: return the indices of at most `limit` that stay."""
    x_min, y_min, x_max, y_max = boxes.T
    areas = (x_max - x_min) * (y_max - y_min)
    rest = np.arange(len(boxes))
    kept: list[int] = []
    while rest.size and len(kept) < limit:
        best, rest = rest[0], rest[1:]
        kept.append(int(best))
        width = np.minimum(x_max[best], x_max[rest]) - np.maximum(x_min[best], x_min[rest])
        height = np.minimum(y_max[best], y_max[rest]) - np.maximum(y_min[best], y_min[rest])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        rest = rest[shared <= iou * (areas[best] + areas[rest] - shared)]
    return np.array(kept, np.int64)


def to_picture(boxes: Floats, geometry: Floats) -> Floats:
    """Undo the letterbox on boxes [D, 4] and clip them to the picture."""
    gain_x, gain_y, left, top, width, height = geometry
    moved = (boxes - np.array([left, top, left, top])) / np.array([gain_x, gain_y, gain_x, gain_y])
    clipped: Floats = np.clip(moved, 0, np.array([width, height, width, height])).astype(np.float32)
    return clipped
