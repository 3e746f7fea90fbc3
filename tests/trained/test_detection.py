"""Detection through HTTP against ultralytics predict, box by box, and against the labels."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.repositories import ROOT
from tests.trained.conftest import post, reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

pytestmark = [pytest.mark.trained, pytest.mark.timeout(1800)]

COLUMNS = ("x_min", "y_min", "x_max", "y_max", "confidence", "class_id")
# COCO numbers its 80 classes with gaps, from 1 to 90.
GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
CATEGORIES = [number for number in range(1, 91) if number not in GAPS]


def served(gateway: httpx.Client, file: Path, confidence: float) -> np.ndarray[Any, Any]:
    detections = post(gateway, "/v1/detect", file, confidence=confidence, max_detections=300)["detections"]
    return np.array([[item[column] for column in COLUMNS] for item in detections]).reshape(-1, 6)


def overlaps(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the intersection over union of every row of `a` with every row of `b`."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:4], b[None, :, 2:4])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(x[:, 2] - x[:, 0]) * (x[:, 3] - x[:, 1]) for x in (a, b)]
    return np.asarray(shared / (areas[0][:, None] + areas[1][None] - shared))


def test_boxes_equal_ultralytics(
    gateway: httpx.Client, weights: Path, coco_images: list[Path], report: Callable[[str], None]
) -> None:
    bus = next((ROOT / ".venv/export/lib").glob("python3*/site-packages/ultralytics/assets/bus.jpg"))
    files = [bus, *coco_images]
    expected = reference("detect", weights / "yolov8n.pt", 0.25, files)
    worst_overlap, worst_confidence, boxes = 1.0, 0.0, 0
    for file in files:
        ours, theirs = served(gateway, file, 0.25), np.array(expected[str(file)]).reshape(-1, 6)
        assert len(ours) == len(theirs), f"{file.name}: {len(ours)} boxes, ultralytics has {len(theirs)}"
        if not len(ours):
            continue
        same_class = ours[:, None, 5] == theirs[None, :, 5]
        matrix = np.where(same_class, overlaps(ours, theirs), 0)
        partner = matrix.argmax(axis=1)
        assert sorted(partner) == list(range(len(theirs))), f"{file.name}: boxes do not pair up"
        worst_overlap = min(worst_overlap, float(matrix.max(axis=1).min()))
        worst_confidence = max(worst_confidence, float(np.abs(ours[:, 4] - theirs[partner, 4]).max()))
        boxes += len(ours)
    report(f"{boxes} boxes on {len(files)} images: IoU >= {worst_overlap:.5f}, |confidence| <= {worst_confidence:.6f}")
    assert boxes > 300
    assert worst_overlap >= 0.99
    assert worst_confidence <= 0.005


def test_mean_average_precision_equals_ultralytics(
    gateway: httpx.Client, weights: Path, evaluation: Path, coco_images: list[Path], report: Callable[[str], None]
) -> None:
    expected = reference("detect", weights / "yolov8n.pt", 0.001, coco_images)
    theirs = {file: np.array(expected[str(file)]).reshape(-1, 6) for file in coco_images}
    ours = {file: served(gateway, file, 0.001) for file in coco_images}
    labels = evaluation / "coco/instances.json"
    through_http, original = precision(labels, ours), precision(labels, theirs)
    report(f"mAP50-95 through HTTP {through_http:.4f}, ultralytics {original:.4f}")
    assert original > 0.3
    assert abs(through_http - original) <= 0.003


def precision(labels: Path, detections: dict[Path, np.ndarray[Any, Any]]) -> float:
    """Return mAP50-95 as pycocotools computes it."""
    rows = [
        {
            "image_id": int(file.stem),
            "category_id": CATEGORIES[int(row[5])],
            "bbox": [row[0], row[1], row[2] - row[0], row[3] - row[1]],
            "score": row[4],
        }
        for file, boxes in detections.items()
        for row in boxes
    ]
    truth = COCO()
    truth.dataset = json.loads(labels.read_text())
    truth.createIndex()
    evaluator = COCOeval(truth, truth.loadRes(rows), "bbox")
    evaluator.params.imgIds = [int(file.stem) for file in detections]
    evaluator.evaluate()
    evaluator.accumulate()
    evaluator.summarize()
    return float(evaluator.stats[0])
