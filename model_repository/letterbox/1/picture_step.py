"""The part that is common to steps which start from an encoded picture.

Shared by every step that starts from a file: those folders hold a link to this one.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from typing import Any

import triton_python_backend_utils as pb_utils


class PictureStep(ABC):
    """Decodes the input `image` and refuses what is no picture, or too large a one (parameter `max_pixels`)."""

    @abstractmethod
    def configure(self, parameters: dict[str, str], folder: str) -> None:
        """Read the parameters of the configuration, and files of the model's folder."""

    @abstractmethod
    def prepare(self, image: Any) -> list[Any]:
        """Turn RGB pixels, uint8 [height, width, 3], into the output tensors."""

    def initialize(self, args: dict[str, str]) -> None:
        config = json.loads(args["model_config"])
        parameters = {key: value["string_value"] for key, value in config["parameters"].items()}
        # OpenCV reads its limit once, when it is loaded: hence the imports here.
        os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", parameters["max_pixels"])
        import cv2  # noqa: PLC0415
        import decoding  # noqa: PLC0415

        # Parallelism comes from instances; threads of one would only fight those of the engine.
        cv2.setNumThreads(1)
        self._decode, self._refusal = decoding.decode, decoding.ImageError
        self.configure(parameters, args["model_repository"])

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        data = pb_utils.get_input_tensor_by_name(request, "image").as_numpy().item()
        try:
            return pb_utils.InferenceResponse(self.prepare(self._decode(data)))
        except self._refusal as error:
            # Clients tell refusals apart by the marker; the words are for people.
            message = f"[{error.marker}] {error}"
            return pb_utils.InferenceResponse([], pb_utils.TritonError(message, pb_utils.TritonError.INVALID_ARG))
