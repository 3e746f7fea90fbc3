"""Triton step: an encoded picture in, the detection network's input and its geometry out."""

from __future__ import annotations

from typing import Any

import triton_python_backend_utils as pb_utils
from picture_step import PictureStep


class TritonPythonModel(PictureStep):
    """Parameters: `size`, `stride`, `shape` (rectangle or square) and `max_pixels`."""

    def configure(self, parameters: dict[str, str], folder: str) -> None:  # noqa: ARG002 - nothing lies there
        from letterboxing import Letterbox  # noqa: PLC0415 - loads OpenCV, which must know its limit first

        self._letterbox = Letterbox(
            size=int(parameters["size"]), stride=int(parameters["stride"]), square=parameters["shape"] == "square"
        )

    def prepare(self, image: Any) -> list[Any]:
        images, geometry = self._letterbox(image)
        return [pb_utils.Tensor("images", images), pb_utils.Tensor("geometry", geometry)]
