"""In place of a pipeline's engine, run by a real Triton: slow or failing as the picture's colour says.

A test copies it into a model repository as `1/model.py`, and can hold it up with a file.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

RUNS = "runs.jsonl"
HELD = "held"
LOOK = 0.005
SECONDS_PER_RED = 0.01


class TritonPythonModel:
    """Red of the first pixel: hundredths of a second to take. Any green: fail. Keeps a line about every run."""

    def initialize(self, args: dict[str, str]) -> None:
        folder = Path(args["model_repository"])
        self._runs, self._held = folder / RUNS, folder / HELD

    def execute(self, requests: list[Any]) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        red, green, _ = pb_utils.get_input_tensor_by_name(request, "images").as_numpy()[0, 0, 0].tolist()
        told = {"id": request.request_id(), "timeout": request.timeout(), "parameters": request.parameters()}
        with self._runs.open("a") as file:
            file.write(f"{json.dumps(told)}\n")
        time.sleep(red * SECONDS_PER_RED)
        while self._held.exists():
            time.sleep(LOOK)
        if green:
            return pb_utils.InferenceResponse(
                [], pb_utils.TritonError("out of paint", pb_utils.TritonError.UNSUPPORTED)
            )
        return pb_utils.InferenceResponse([pb_utils.Tensor("candidates", np.zeros((1, 1, 6), np.float32))])
