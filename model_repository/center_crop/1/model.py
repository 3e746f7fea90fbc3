"""Triton step: an encoded picture in, the classification network's input out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from cropping import CenterCrop
from picture_step import PictureStep


class TritonPythonModel(PictureStep):
    """Parameter: `max_pixels`. `preprocessing.json`, written here by the export of the engine, tells the sizes."""

    def configure(self, parameters: dict[str, str], folder: str) -> None:  # noqa: ARG002 - sizes belong to the engine
        sizes = json.loads((Path(folder) / "preprocessing.json").read_text("utf-8"))
        self._crop = CenterCrop(resize=sizes["resize"], crop=sizes["crop"])

    def prepare(self, image: Any) -> list[Any]:
        size = np.array([image.shape[1], image.shape[0]], np.int32)
        return [pb_utils.Tensor("images", self._crop(image)), pb_utils.Tensor("image_size", size)]
