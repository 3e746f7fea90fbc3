from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from suppression import Thresholds, detect, suppress

SCORES = np.linspace(0.9, 0.3, 200, dtype=np.float32)
GEOMETRY = np.array([1, 1, 0, 0, 640, 480], np.float32)
ALL = Thresholds(confidence=0.25, iou=0.7, max_detections=300)


def candidates(*rows: tuple[float, ...]) -> np.ndarray[Any, Any]:
    return np.array(rows, np.float32).reshape(-1, 6)


def test_nothing_found() -> None:
    boxes, scores, class_ids = detect(candidates(), GEOMETRY, ALL)
    assert boxes.shape == (0, 4)
    assert scores.shape == class_ids.shape == (0,)


def test_confidence_is_a_strict_bound() -> None:
    _, scores, _ = detect(candidates((50, 50, 9, 9, 0.25, 0), (90, 90, 9, 9, 0.26, 0)), GEOMETRY, ALL)
    assert scores.tolist() == pytest.approx([0.26])


def test_the_better_of_two_overlapping_boxes_stays() -> None:
    rows = candidates((100, 100, 50, 50, 0.5, 3), (102, 100, 50, 50, 0.9, 3))
    boxes, scores, class_ids = detect(rows, GEOMETRY, ALL)
    assert boxes.tolist() == [[77, 75, 127, 125]]
    assert scores.tolist() == pytest.approx([0.9])
    assert class_ids.tolist() == [3]


def test_classes_do_not_suppress_one_another() -> None:
    rows = candidates((100, 100, 50, 50, 0.5, 3), (100, 100, 50, 50, 0.9, 4))
    assert detect(rows, GEOMETRY, ALL)[2].tolist() == [4, 3]


@pytest.mark.parametrize(("iou", "left"), [(0.5, 1), (0.51, 2), (1.0, 2), (0.0, 1)])
def test_overlap_up_to_the_bound_stays(iou: float, left: int) -> None:
    # Two boxes of 20 x 10 that share 15 x 10 of 25 x 10 would be 0.6; these share 2/3 of each: 0.5.
    boxes = np.array([[0, 0, 30, 10], [10, 0, 40, 10]], np.float32)
    assert len(suppress(boxes, SCORES[:2], iou - 0.001 if iou == 0.5 else iou, 300)) == left


def test_detections_are_limited_to_the_best() -> None:
    rows = candidates(*((20 * i, 20, 9, 9, 0.3 + i / 100, 0) for i in range(1, 9)))
    _, scores, _ = detect(rows, GEOMETRY, Thresholds(0.25, 0.7, 3))
    assert scores.tolist() == pytest.approx([0.38, 0.37, 0.36])


def test_only_wanted_classes() -> None:
    rows = candidates((100, 100, 50, 50, 0.5, 3), (200, 100, 50, 50, 0.9, 4))
    wanted = Thresholds(0.25, 0.7, 300, classes=np.array([3, 7]))
    assert detect(rows, GEOMETRY, wanted)[2].tolist() == [3]


def test_boxes_come_back_to_the_picture_and_stay_inside() -> None:
    geometry = np.array([0.5, 0.5, 0, 10, 1280, 900], np.float32)
    boxes, _, _ = detect(candidates((320, 235, 700, 100, 0.9, 0)), geometry, ALL)
    assert boxes.tolist() == [[0, 350, 1280, 550]]


def test_greedy_suppression_equals_its_definition() -> None:
    generator = np.random.default_rng(1)
    corner = generator.uniform(0, 100, (200, 2))
    boxes = np.concatenate([corner, corner + generator.uniform(5, 60, (200, 2))], axis=1).astype(np.float32)
    kept: list[int] = []
    for index in range(200):
        if all(overlap(boxes[index], boxes[other]) <= 0.45 for other in kept):
            kept.append(index)
    assert suppress(boxes, SCORES, 0.45, 300).tolist() == kept


def overlap(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    width, height = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - width * height
    return float(width * height / union)
