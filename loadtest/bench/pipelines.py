"""The pipelines in-process: the model repository's own modules around the engine, run as Triton's pipelines run it."""

from __future__ import annotations

import sys
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

Array = np.ndarray[Any, Any]
BACKEND_MODULES = "embedded/backends/support"
# As in the pipelines' engine_inside.py, which is nothing without Triton.
BACKENDS = {"onnxruntime": "onnxruntime_engine", "openvino": "openvino_lanes"}


class Pipeline(ABC):
    """Decode and fit, infer, post-process.

    Specification: `repository`, `backend` that runs the engine, its `graph`, `parameters` and the `shapes` for which
    alone it is compiled, any where there are none, `square`.
    """

    name: str
    engine: str
    output: str

    def __init__(self, specification: dict[str, Any]) -> None:
        self.repository = Path(specification["repository"])
        sys.path[:0] = [str(self.repository / self.name / "1"), BACKEND_MODULES]
        path = self.repository / self.engine / "1" / specification["graph"]
        only = [{"images": (1, *shape, 3)} for shape in specification["shapes"]]
        backend = import_module(BACKENDS[specification["backend"]])
        self._engine, _ = backend.engines(path, specification["parameters"], only)

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
        with self._engine.stream() as stream:
            return np.asarray(stream.run({"images": images}, [self.output])[0])

    def run(self, files: list[bytes], count: int | None, seconds: float = 1e9) -> list[float]:
        """Answer the files one after the other, all or until the time is over; return the latencies."""
        return _each(self.answer, files[:count], seconds)

    def run_engine(self, inputs: list[Array], count: int | None, seconds: float = 1e9) -> list[float]:
        """Infer the inputs, as many at a time as there are streams."""
        streams: int = self._engine.streams
        left = iter(inputs[:count])
        with ThreadPoolExecutor(streams) as pool:
            outcomes = list(pool.map(lambda _: _each(self.infer, left, seconds), range(streams)))
        return [latency for latencies in outcomes for latency in latencies]

    def warm_up(self, inputs: list[Array]) -> None:
        """Have each shape of the inputs compiled, for every stream."""
        shapes = {images.shape for images in inputs}
        self._engine.warm_up([{"images": shape} for shape in sorted(shapes)], [self.output])


def _each(do: Any, items: Iterable[Any], seconds: float) -> list[float]:
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
