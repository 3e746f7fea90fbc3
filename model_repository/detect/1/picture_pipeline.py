"""What the pipelines have in common: a picture file comes in, an engine on the same Triton is asked, refusals are told.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from engine_call import Engine, EngineError
from stage_times import StageTimes


class PicturePipeline(ABC):
    """Parameters of all pipelines: `engine`, the model that is asked, and `max_pixels` of a picture.

    `labels.txt`, one class per line, is written into the pipeline's folder by the export of the engine.
    """

    output: str
    """The engine's output."""

    @abstractmethod
    def configure(self, parameters: dict[str, str], folder: Path) -> None:
        """Read the parameters of the configuration, and files of the model's folder."""

    @abstractmethod
    def answer(self, request: Any) -> list[Any]:
        """Turn a request into the output tensors, in the stages that `stage_times` knows."""

    def initialize(self, args: dict[str, str]) -> None:
        config, folder = json.loads(args["model_config"]), Path(args["model_repository"])
        parameters = {key: value["string_value"] for key, value in config["parameters"].items()}
        # OpenCV reads its limit once, when it is loaded: hence the imports here.
        os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", parameters["max_pixels"])
        import cv2  # noqa: PLC0415
        import decoding  # noqa: PLC0415

        # Parallelism comes from instances; threads of one would only fight those of the engine.
        cv2.setNumThreads(1)
        self._decode, self._refusal = decoding.decode, decoding.ImageError
        self._engine = Engine(parameters["engine"], self.output)
        self._times = StageTimes(args["model_name"])
        self.stage = self._times.stage
        names = (folder / "labels.txt").read_text("utf-8").splitlines()
        self.labels = np.array([name.encode() for name in names], dtype=object)
        self.configure(parameters, folder)

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._respond(request) for request in requests]

    def decode(self, request: Any) -> Any:
        """Return the request's picture: RGB pixels, uint8 [height, width, 3]."""
        return self._decode(tensor(request, "image").item())

    def infer(self, request: Any, images: Any) -> Any:
        """Return what the engine says; raises `EngineError`, also when the client has left."""
        return self._engine(request, images, self._times.spent)

    def _respond(self, request: Any) -> Any:
        try:
            return pb_utils.InferenceResponse(self.answer(request))
        except self._refusal as error:
            # Clients tell refusals apart by the marker; the words are for people.
            return _failed(f"[{error.marker}] {error}", pb_utils.TritonError.INVALID_ARG)
        except EngineError as error:
            return _failed(str(error), error.code)
        finally:
            self._times.report()


def tensor(request: Any, name: str) -> Any:
    """Return an input as an array, None where an optional one was left out."""
    found = pb_utils.get_input_tensor_by_name(request, name)
    return None if found is None else found.as_numpy()


def scalar(request: Any, name: str, default: float) -> float:
    value = tensor(request, name)
    return default if value is None else float(value[0])


def _failed(message: str, code: Any) -> Any:
    return pb_utils.InferenceResponse([], pb_utils.TritonError(message, code))
