"""Triton step: class probabilities in, the best labelled classes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils
from ranking import top_k


class TritonPythonModel:
    """Parameter: `default.top_k`, for requests that name none.

    `labels.txt`, one class per line, is written here by the export of the engine.
    """

    def initialize(self, args: dict[str, str]) -> None:
        config = json.loads(args["model_config"])
        self._default = int(config["parameters"]["default.top_k"]["string_value"])
        names = (Path(args["model_repository"]) / "labels.txt").read_text("utf-8").splitlines()
        self._labels = np.array([name.encode() for name in names], dtype=object)

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        probabilities = pb_utils.get_input_tensor_by_name(request, "probabilities").as_numpy()[0]
        wanted = pb_utils.get_input_tensor_by_name(request, "top_k")
        scores, class_ids = top_k(probabilities, self._default if wanted is None else int(wanted.as_numpy()[0]))
        tensors = [
            pb_utils.Tensor("scores", scores),
            pb_utils.Tensor("class_ids", class_ids.astype(np.int32)),
            pb_utils.Tensor("labels", self._labels[class_ids]),
        ]
        return pb_utils.InferenceResponse(tensors)
