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

    Specification: `repository`, `graph`, `parameters` of the engine, `shapes` that it is compiled for one by one,
    `streams`, `square`.
    """

    name: str
    engine: str
    output: str

    def __init__(self, specification: dict[str, Any]) -> None:
        self.repository = Path(specification["repository"])
        sys.path[:0] = [str(self.repository / self.name / "1"), BACKEND_MODULES]
        from openvino_engine import properties, read  # noqa: PLC0415 - found now
        from openvino_lanes import OpenVinoLanes  # noqa: PLC0415

        path = self.repository / self.engine / "1" / specification["graph"]
        parameters: dict[str, str] = specification["parameters"]
        if specification["streams"] > 1:
            core = openvino.Core()
            self._compiled = core.compile_model(read(core, path, parameters), "CPU", properties(parameters))
        else:
            self._lanes = OpenVinoLanes.of(
                path, parameters, [{"images": (1, *shape, 3)} for shape in specification["shapes"]]
            )
        self._streams: int = specification["streams"]

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
        with self._lanes.stream() as lane:
            return np.asarray(lane.run({"images": images}, [self.output])[0])

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
