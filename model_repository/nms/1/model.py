"""Triton step: candidates of the detection network in, labelled boxes in the pixels of the picture out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from suppression import Thresholds, detect


class TritonPythonModel:
    """Parameters: `default.confidence`, `default.iou` and `default.max_detections`, for requests that name none.

    `labels.txt`, one class per line, is written here by the export of the engine.
    """

    def initialize(self, args: dict[str, str]) -> None:
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config["parameters"].items()}
        self._confidence = float(parameters["default.confidence"])
        self._iou = float(parameters["default.iou"])
        self._max_detections = int(parameters["default.max_detections"])
        names = (Path(args["model_repository"]) / "labels.txt").read_text("utf-8").splitlines()
        self._labels = np.array([name.encode() for name in names], dtype=object)

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        candidates, geometry = (_input(request, name) for name in ("candidates", "geometry"))
        boxes, scores, class_ids = detect(candidates[0], geometry, self._thresholds(request))
        tensors = [
            pb_utils.Tensor("boxes", boxes),
            pb_utils.Tensor("scores", scores),
            pb_utils.Tensor("class_ids", class_ids.astype(np.int32)),
            pb_utils.Tensor("labels", self._labels[class_ids]),
            pb_utils.Tensor("image_size", geometry[4:6].astype(np.int32)),
        ]
        return pb_utils.InferenceResponse(tensors)

    def _thresholds(self, request: Any) -> Thresholds:
        return Thresholds(
            confidence=_scalar(request, "confidence", self._confidence),
            iou=_scalar(request, "iou", self._iou),
            max_detections=int(_scalar(request, "max_detections", self._max_detections)),
            classes=_input(request, "classes"),
        )


def _input(request: Any, name: str) -> Any:
    tensor = pb_utils.get_input_tensor_by_name(request, name)
    return None if tensor is None else tensor.as_numpy()


def _scalar(request: Any, name: str, default: float) -> float:
    value = _input(request, name)
    return default if value is None else float(value[0])
