"""Object detection: a picture file in, labelled boxes in its pixels out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import triton_python_backend_utils as pb_utils
from picture_pipeline import PicturePipeline, scalar, tensor
from picture_sizes import sizes

if TYPE_CHECKING:
    from pathlib import Path

    from engine import Client
    from stage_times import Stopwatch
    from suppression import Thresholds


class TritonPythonModel(PicturePipeline):
    """Decode, fit, run the engine, suppress, answer.

    Parameters: `size`, `stride` and `shape` (rectangle or square) of what the engine sees, `engine.shapes`, if it is to
    be compiled for some alone: pictures get the smallest that has room, and the square of `size` is always one of them;
    `default.confidence`, `default.iou` and `default.max_detections`, for requests that name none.
    """

    output = "candidates"

    def configure(self, parameters: dict[str, str], folder: Path) -> None:  # noqa: ARG002 - labels are all that lies there
        # Both load OpenCV, which must know its limit first.
        from letterboxing import Letterbox  # noqa: PLC0415
        from suppression import Thresholds, detect  # noqa: PLC0415

        size, some = int(parameters["size"]), sizes("engine.shapes", parameters)
        self.sizes = tuple(dict.fromkeys([*some, (size, size)])) if some else ()
        self._letterbox = Letterbox(
            size=size, stride=int(parameters["stride"]), square=parameters["shape"] == "square", sizes=self.sizes
        )
        self._detect = detect
        self._defaults = Thresholds(
            confidence=float(parameters["default.confidence"]),
            iou=float(parameters["default.iou"]),
            max_detections=int(parameters["default.max_detections"]),
        )

    def answer(self, client: Client, watch: Stopwatch) -> list[Any]:
        with watch.stage("decode"):
            image = self.decode(client.request)
        with watch.stage("fit"):
            images, geometry = self._letterbox(image)
        with watch.stage("engine"):
            candidates = self.infer(client, images)
        with watch.stage("finish"):
            boxes, scores, class_ids = self._detect(candidates[0], geometry, self._thresholds(client.request))
            return [
                pb_utils.Tensor("boxes", boxes),
                pb_utils.Tensor("scores", scores),
                pb_utils.Tensor("class_ids", class_ids.astype(np.int32)),
                pb_utils.Tensor("labels", self.labels[class_ids]),
                pb_utils.Tensor("image_size", geometry[4:6].astype(np.int32)),
            ]

    def _thresholds(self, request: Any) -> Thresholds:
        return replace(
            self._defaults,
            confidence=scalar(request, "confidence", self._defaults.confidence),
            iou=scalar(request, "iou", self._defaults.iou),
            max_detections=int(scalar(request, "max_detections", self._defaults.max_detections)),
            classes=tensor(request, "classes"),
        )
