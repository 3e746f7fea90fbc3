"""The two pipelines, on the modules of those that Triton serves."""

from __future__ import annotations

import json
from typing import Any

from loadtest.bench.pipelines import Array, Pipeline


class Detection(Pipeline):
    name, engine, output = "detect", "yolov8n", "candidates"

    def __init__(self, specification: dict[str, Any]) -> None:
        super().__init__(specification)
        from decoding import decode  # noqa: PLC0415 - found now that the folder is on the path
        from letterboxing import Letterbox  # noqa: PLC0415
        from suppression import Thresholds, detect  # noqa: PLC0415

        self._decode, self._detect = decode, detect
        self._fit = Letterbox(square=specification["square"], sizes=[tuple(shape) for shape in specification["shapes"]])
        self._thresholds = Thresholds(confidence=0.25, iou=0.7, max_detections=300)
        self._labels = (self.repository / "detect/labels.txt").read_text("utf-8").splitlines()

    def prepare(self, file: bytes) -> tuple[Array, Any]:
        return self._fit(self._decode(file))

    def finish(self, output: Array, known: Any) -> dict[str, Any]:
        boxes, scores, classes = self._detect(output[0], known, self._thresholds)
        names = ("x_min", "y_min", "x_max", "y_max", "confidence", "class_id", "label")
        rows = zip(boxes.tolist(), scores.tolist(), classes.tolist(), strict=True)
        return {"detections": [dict(zip(names, (*b, s, c, self._labels[c]), strict=True)) for b, s, c in rows]}


class Classification(Pipeline):
    name, engine, output = "classify", "resnet50", "probabilities"

    def __init__(self, specification: dict[str, Any]) -> None:
        super().__init__(specification)
        from cropping import CenterCrop  # noqa: PLC0415 - as above
        from decoding import decode  # noqa: PLC0415
        from ranking import top_k  # noqa: PLC0415

        sizes = json.loads((self.repository / "classify/preprocessing.json").read_text("utf-8"))
        self._decode, self._fit, self._top_k = decode, CenterCrop(sizes["resize"], sizes["crop"]), top_k
        self._labels = (self.repository / "classify/labels.txt").read_text("utf-8").splitlines()

    def prepare(self, file: bytes) -> tuple[Array, Any]:
        return self._fit(self._decode(file)), None

    def finish(self, output: Array, known: Any) -> dict[str, Any]:  # noqa: ARG002 - nothing to know
        scores, classes = self._top_k(output[0], 5)
        rows = zip(scores.tolist(), classes.tolist(), strict=True)
        return {"classifications": [{"class_id": c, "confidence": s, "label": self._labels[c]} for s, c in rows]}


PIPELINES: dict[str, type[Pipeline]] = {"detect": Detection, "classify": Classification}
