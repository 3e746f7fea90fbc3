"""The guard of a lower precision: accuracy on labelled pictures through the gateway, against FP32."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, Any

from loadtest.bench.serving import answers

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.bench.systems import Endpoint, Running

# COCO numbers its 80 classes with gaps, from 1 to 90.
GAPS = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83}
CATEGORIES = [number for number in range(1, 91) if number not in GAPS]


def labelled_boxes(endpoint: Endpoint, running: Running, images: Path, labels: Path) -> list[dict[str, Any]]:
    """Detect on the labelled pictures of a folder and return COCO's rows."""
    items = [item for item in json.loads(labels.read_text())["images"] if (images / item["file_name"]).exists()]
    everything = replace(endpoint, target=f"{endpoint.target}?confidence=0.001&max_detections=300")
    found = answers(everything, running, [str(images / item["file_name"]) for item in items])
    return [
        row
        for item, answer in zip(items, found, strict=True)
        for row in _rows(item["id"], answer["detections"])
    ]  # fmt: skip


def mean_average_precision(rows: list[dict[str, Any]], labels: Path) -> float:
    """Return mAP50-95 of COCO's rows as pycocotools computes it, on the pictures that have rows."""
    # Brings threads along, which nothing that starts processes should have: to be called when all is measured.
    from pycocotools.coco import COCO  # noqa: PLC0415
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    with redirect_stdout(StringIO()):
        truth = COCO(str(labels))
        evaluator = COCOeval(truth, truth.loadRes(rows), "bbox")
        evaluator.params.imgIds = sorted({row["image_id"] for row in rows})
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    value: float = evaluator.stats[0]
    return value


def top_1(endpoint: Endpoint, running: Running, labels: Path) -> float:
    """Return the share of right answers; lines of `labels` are `file class`, the files lie in `images` beside it."""
    pairs = [line.split() for line in labels.read_text("utf-8").splitlines()]
    found = answers(endpoint, running, [str(labels.parent / "images" / name) for name, _ in pairs])
    right: int = sum(
        answer["classifications"][0]["class_id"] == int(label) for answer, (_, label) in zip(found, pairs, strict=True)
    )
    return right / len(pairs)


def _rows(number: int, detections: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "image_id": number,
            "category_id": CATEGORIES[box["class_id"]],
            "bbox": [box["x_min"], box["y_min"], box["x_max"] - box["x_min"], box["y_max"] - box["y_min"]],
            "score": box["confidence"],
        }
        for box in detections
    ]
