"""What the engine backends share: a model file, named tensors, and one engine call per Triton batch.

Lies beside `triton_python_backend_utils` in the assembled backends, where every Python model finds it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

Array = np.ndarray[Any, Any]


class EngineModel(ABC):
    """One model instance, in a process of its own."""

    default_filename: str

    @abstractmethod
    def load(self, path: Path, config: dict[str, Any]) -> None:
        """Load the model file; ValueError names a configuration that this engine cannot honour."""

    @abstractmethod
    def infer(self, inputs: list[Array]) -> list[Array]:
        """Run one batch; arrays in the order of the configuration's inputs and outputs."""

    def initialize(self, args: dict[str, str]) -> None:
        config: dict[str, Any] = json.loads(args["model_config"])
        self.inputs = [item["name"] for item in config["input"]]
        self.outputs = [item["name"] for item in config["output"]]
        file = config["default_model_filename"] or self.default_filename
        self.load(Path(args["model_repository"]) / args["model_version"] / file, config)

    def execute(self, requests: list[Any]) -> list[Any]:
        """Answer the requests of one Triton batch with one engine call: Triton batches equal shapes only."""
        tensors = [[pb_utils.get_input_tensor_by_name(r, name).as_numpy() for name in self.inputs] for r in requests]
        if len(requests) == 1:
            return [self._response(self.infer(tensors[0]))]
        results = self.infer([np.concatenate(parts) for parts in zip(*tensors, strict=True)])
        ends = np.cumsum([parts[0].shape[0] for parts in tensors])[:-1]
        pieces = zip(*(np.split(result, ends) for result in results), strict=True)
        return [self._response(list(piece)) for piece in pieces]

    def _response(self, outputs: list[Array]) -> Any:
        tensors = [pb_utils.Tensor(name, array) for name, array in zip(self.outputs, outputs, strict=True)]
        return pb_utils.InferenceResponse(tensors)


def string_parameters(config: dict[str, Any]) -> dict[str, str]:
    """Return the `parameters` of a model configuration as plain strings."""
    return {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
