"""The pipelines in-process: the model repository's own modules around OpenVINO, set as the embedded backend sets it."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import openvino

Array = np.ndarray[Any, Any]
BACKEND_MODULES = "embedded/backends/support"


class Pipeline(ABC):
    """Decode and fit, infer, post-process.

    Specification: `repository`, `graph`, `precision`, `fp32_convolutions`, `threads`, `streams`, `square`.
    """

    name: str
    engine: str

    def __init__(self, specification: dict[str, Any]) -> None:
        self.repository = Path(specification["repository"])
        sys.path[:0] = [str(self.repository / self.name / "1"), BACKEND_MODULES]
        from mixed_precision import keep_in_fp32  # noqa: PLC0415 - found now

        core = openvino.Core()
        model = core.read_model(self.repository / self.engine / "1" / specification["graph"])
        if kept := specification["fp32_convolutions"]:
            model = keep_in_fp32(core, model, kept)
        self._compiled = core.compile_model(model, "CPU", properties(specification))
        self._streams: int = specification["streams"]
        self._request = self._compiled.create_infer_request()

    @abstractmethod
    def prepare(self, file: bytes) -> tuple[Array, Any]:
        """Turn a file into the engine's input and what post-processing needs to know."""

    @abstractmethod
    def finish(self, output: Array, known: Any) -> dict[str, Any]:
        """Turn the engine's output into the answer, in the gateway's form but unrounded."""

    def answer(self, file: bytes) -> dict[str, Any]:
        images, known = self.prepare(file)
        return self.finish(self.infer(images), known)

    def infer(self, images: Array) -> Array:
        # Pillow gives out pixels read-only, which cannot be shared.
        self._request.set_input_tensor(openvino.Tensor(images, shared_memory=images.flags.writeable))
        self._request.infer()
        return np.asarray(self._request.get_output_tensor().data)

    def run(self, files: list[bytes], count: int | None, seconds: float = 1e9) -> list[float]:
        """Answer the files one after the other, all or until the time is over; return the latencies."""
        return _each(self.answer, files[:count], seconds)

    def run_engine(self, inputs: list[Array], count: int | None, seconds: float = 1e9) -> list[float]:
        """Infer the inputs, as many at a time as there are streams."""
        if self._streams == 1:
            return _each(self.infer, inputs[:count], seconds)
        latencies: list[float] = []
        queue = openvino.AsyncInferQueue(self._compiled, self._streams)
        queue.set_callback(lambda _request, asked: latencies.append(time.perf_counter() - asked))
        began = time.perf_counter()
        for images in inputs[:count]:
            queue.start_async([images], time.perf_counter())
            if time.perf_counter() - began > seconds:
                break
        queue.wait_all()
        return latencies


def properties(specification: dict[str, Any]) -> dict[str, str]:
    return {
        "ENABLE_CPU_PINNING": "NO",
        "INFERENCE_PRECISION_HINT": specification["precision"],
        "PERFORMANCE_HINT": "LATENCY" if specification["streams"] == 1 else "THROUGHPUT",
        "NUM_STREAMS": str(specification["streams"]),
        "INFERENCE_NUM_THREADS": str(specification["threads"]),
    }


def _each(do: Any, items: list[Any], seconds: float) -> list[float]:
    latencies = []
    began = previous = time.perf_counter()
    for item in items:
        do(item)
        now = time.perf_counter()
        latencies.append(now - previous)
        previous = now
        if now - began > seconds:
            break
    return latencies
