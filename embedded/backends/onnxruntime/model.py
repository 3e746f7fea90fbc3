"""Triton's `onnxruntime` backend as a Python-based backend, for servers that do not carry the native one.

Honours the keys that NVIDIA's backend knows on a CPU: `intra_op_thread_count`, `inter_op_thread_count`,
`execution_mode`, `enable_mem_arena`, `enable_mem_pattern`, every `session.*` entry and `optimization.graph.level`.
Execution accelerators are refused: the engine inside has neither TensorRT nor OpenVINO.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import onnxruntime
from engine_backend import EngineModel, string_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine_batch import Array

# Triton's levels: -1 basic, 1 extended, 2 none; everything when the config is silent.
GRAPH_LEVELS = {
    -1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    0: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL,
    1: onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
    2: onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL,
}
EXECUTION_MODES = {
    "0": onnxruntime.ExecutionMode.ORT_SEQUENTIAL,
    "1": onnxruntime.ExecutionMode.ORT_PARALLEL,
}


def session_options(config: dict[str, Any]) -> onnxruntime.SessionOptions:
    """Translate a model configuration into session options; ValueError for what a CPU server cannot do."""
    parameters = string_parameters(config)
    optimization = config.get("optimization", {})
    if any(optimization.get("execution_accelerators", {}).values()):
        raise ValueError("this server has no execution accelerators: use the CPU profile, or NVIDIA's Triton image")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(parameters.get("intra_op_thread_count", "0"))
    options.inter_op_num_threads = int(parameters.get("inter_op_thread_count", "0"))
    options.execution_mode = EXECUTION_MODES[parameters.get("execution_mode", "0")]
    options.enable_cpu_mem_arena = parameters.get("enable_mem_arena", "1") != "0"
    options.enable_mem_pattern = parameters.get("enable_mem_pattern", "1") != "0"
    options.graph_optimization_level = GRAPH_LEVELS[optimization.get("graph", {}).get("level", 0)]
    # Spinning threads of one instance starve every other process of a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    for key, value in parameters.items():
        if key.startswith("session."):
            options.add_session_config_entry(key, value)
    return options


class TritonPythonModel(EngineModel):
    """One ONNX Runtime session, one run at a time."""

    default_filename = "model.onnx"

    def load(self, path: Path, config: dict[str, Any]) -> int:
        self._session = onnxruntime.InferenceSession(path, session_options(config), providers=["CPUExecutionProvider"])
        return 1

    @contextmanager
    def running(self, inputs: list[Array]) -> Iterator[list[Array]]:
        yield self._session.run(self.outputs, dict(zip(self.inputs, inputs, strict=True)))
