"""Triton's `openvino` backend as a Python-based backend, for servers that do not carry the native one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from engine_backend import EngineModel, string_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from engine_batch import Array


class TritonPythonModel(EngineModel):
    """An engine whose parameters `openvino_engine` knows."""

    default_filename = "model.xml"

    def load(self, path: Path, config: dict[str, Any]) -> int:
        from openvino_engine import OpenVinoEngine  # noqa: PLC0415 - takes memory, also in an engine nobody asks

        self._engine = OpenVinoEngine(path, string_parameters(config))
        return self._engine.streams

    @contextmanager
    def running(self, inputs: list[Array]) -> Iterator[list[Array]]:
        with self._engine.stream() as stream:
            yield stream.run(dict(zip(self.inputs, inputs, strict=True)), self.outputs)
