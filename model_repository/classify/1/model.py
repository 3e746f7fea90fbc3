"""Image classification: a picture file in, the most probable classes out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import triton_python_backend_utils as pb_utils
from cropping import CenterCrop
from picture_pipeline import PicturePipeline, scalar
from ranking import top_k

if TYPE_CHECKING:
    from pathlib import Path

    from engine import Client
    from stage_times import Stopwatch


class TritonPythonModel(PicturePipeline):
    """Decode, crop, run the engine, rank, answer.

    Parameter: `default.top_k`, for requests that name none. `preprocessing.json`, written here by the export of the
    engine, tells the sizes.
    """

    output = "probabilities"

    def configure(self, parameters: dict[str, str], folder: Path) -> None:
        sizes = json.loads((folder / "preprocessing.json").read_text("utf-8"))
        self._crop = CenterCrop(resize=sizes["resize"], crop=sizes["crop"])
        self._top_k = int(parameters["default.top_k"])

    def answer(self, client: Client, watch: Stopwatch) -> list[Any]:
        with watch.stage("decode"):
            image = self.decode(client.request)
        with watch.stage("fit"):
            images = self._crop(image)
        with watch.stage("engine"):
            probabilities = self.infer(client, images)
        with watch.stage("finish"):
            scores, class_ids = top_k(probabilities[0], int(scalar(client.request, "top_k", self._top_k)))
            return [
                pb_utils.Tensor("class_ids", class_ids.astype(np.int32)),
                pb_utils.Tensor("scores", scores),
                pb_utils.Tensor("labels", self.labels[class_ids]),
                pb_utils.Tensor("image_size", np.array([image.shape[1], image.shape[0]], np.int32)),
            ]
