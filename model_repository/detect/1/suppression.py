"""Candidates of a detection network to boxes in the pixels of the picture.

Source of the rules: `non_max_suppression` and `scale_boxes` of ultralytics 8.4, whose predictions are the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
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
    """Choose detections among candidates FP32 [K, 6+]; they come in descending order of score.

    `geometry` FP32 [6] comes from the letterbox step. Returns boxes FP32 [D, 4] (x min, y min, x max, y max in pixels
    of the picture, clipped to it), scores FP32 [D] and class ids INT64 [D].
    """
    chosen = candidates[candidates[:, SCORE] > thresholds.confidence]
    if thresholds.classes is not None:
        chosen = chosen[np.isin(chosen[:, CLASS], thresholds.classes)]
    scores, corners = chosen[:, SCORE], to_corners(chosen)
    apart = corners + chosen[:, CLASS, None] * CLASS_OFFSET
    kept = suppress(apart, scores, thresholds.iou, thresholds.max_detections)
    return to_picture(corners[kept], geometry), scores[kept], chosen[kept, CLASS].astype(np.int64)


def to_corners(candidates: Floats) -> Floats:
    """Turn centre and size into corners, [K, 4]."""
    centers, halves = candidates[:, CENTER_X : CENTER_Y + 1], candidates[:, WIDTH : HEIGHT + 1] / 2
    return np.concatenate([centers - halves, centers + halves], axis=1)


def suppress(boxes: Floats, scores: Floats, iou: float, limit: int) -> Integers:
    """Greedy suppression of boxes [K, 4]: return the indices of at most `limit` that stay, best first."""
    corners_and_sizes = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(corners_and_sizes, scores, 0, iou)  # type: ignore[arg-type]  # takes arrays, too
    return np.asarray(kept[:limit], np.int64)


def to_picture(boxes: Floats, geometry: Floats) -> Floats:
    """Undo the letterbox on boxes [D, 4] and clip them to the picture."""
    gain, offset, size = geometry.reshape(3, 2)
    moved = (boxes.reshape(-1, 2, 2) - offset) / gain
    clipped: Floats = np.minimum(np.maximum(moved, 0), size)
    return clipped.reshape(-1, 4)
