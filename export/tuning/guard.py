"""Accuracy on labelled pictures, through the live pipeline: a faster precision must not pay with it."""

import contextlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export.errors import TuningError

Answer = Callable[..., Any]
# pycocotools' own numbering of the 80 classes: with gaps, from 1 to 90.
COCO_GAPS = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
COCO_IDS = [number for number in range(1, 91) if number not in COCO_GAPS]


@dataclass(frozen=True)
class Guard:
    """A folder of labelled pictures, and how far accuracy may fall below that of FP32.

    For detection the folder holds `instances.json` (COCO) and `images/`, accuracy is mAP50-95; for classification
    `labels.txt` with lines of file name and class id, and `images/`, accuracy is top-1.
    """

    task: str
    folder: Path
    allowed_drop: float

    def accuracy(self, answer: Answer) -> float:
        """Measure on all labelled pictures; `TuningError` when there are none."""
        try:
            return (_mean_average_precision if self.task == "detect" else _top_1)(self.folder, answer)
        except (OSError, KeyError, ValueError) as error:
            raise TuningError(f"no usable labels for {self.task} in {self.folder}: {error}") from error


def _top_1(folder: Path, answer: Answer) -> float:
    lines = [line.split() for line in (folder / "labels.txt").read_text().splitlines()]
    right = 0
    for name, label in lines:
        best = answer((folder / "images" / name).read_bytes(), top_k=1).as_numpy("class_ids")[0]
        right += int(best) == int(label)
    return right / len(lines)


def _mean_average_precision(folder: Path, answer: Answer) -> float:
    from pycocotools.coco import COCO  # noqa: PLC0415 - only here
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    labels = json.loads((folder / "instances.json").read_text())
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = labels
        truth.createIndex()
        evaluator = COCOeval(truth, truth.loadRes(_detections(folder, labels["images"], answer)), "bbox")
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return float(evaluator.stats[0])


def _detections(folder: Path, images: Sequence[Mapping[str, Any]], answer: Answer) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for image in images:
        found = answer((folder / "images" / image["file_name"]).read_bytes(), confidence=0.001, max_detections=300)
        columns = zip(*(found.as_numpy(name).tolist() for name in ("boxes", "scores", "class_ids")), strict=True)
        for (left, top, right, bottom), score, class_id in columns:
            box = [left, top, right - left, bottom - top]
            rows.append({"image_id": image["id"], "category_id": COCO_IDS[class_id], "bbox": box, "score": score})
    return rows
