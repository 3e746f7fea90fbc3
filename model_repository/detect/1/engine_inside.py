"""The engine in the pipeline's own process, run by OpenVINO: a picture is not handed from process to process.

On busy cores every hand-over waits for its turn, two of them longer than decoding takes.
Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import triton_python_backend_utils as pb_utils
from engine_call import EngineOnTriton
from picture_queue import keeps_a_queue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine import Client, Engine


@dataclass(frozen=True)
class Folder:
    """Where Triton has put a pipeline: beside the other models, or alone where it came from an object store."""

    name: str
    path: Path
    version: str

    def find(self, file: str, engine: str) -> Path | None:
        """Look in the engine's folder next door, the latest version first, then in the pipeline's own."""
        versions = (folder for folder in (self.path.parent / engine).glob("[0-9]*") if folder.name.isdigit())
        folders = [*sorted(versions, key=lambda folder: -int(folder.name)), self.path / self.version]
        return next((folder / file for folder in folders if (folder / file).is_file()), None)


class EngineInside:
    """The model file at `path`, whose runs count as those of the engine called `name`."""

    def __init__(self, path: Path, name: str, pipeline: str, parameters: Mapping[str, str], output: str) -> None:
        from openvino_lanes import lanes_or_streams  # noqa: PLC0415 - on servers with OpenVINO only
        from run_times import RunTimes  # noqa: PLC0415 - lies beside it

        usual, others = (_shapes(name, parameters) for name in ("engine.shapes", "engine.warmup"))
        self._engine = lanes_or_streams(path, parameters, usual)
        self._engine.warm_up([*usual, *others], [output])
        self._output, self._times = output, RunTimes(name, pipeline)
        self.at_once = self._engine.streams

    def __call__(self, client: Client, images: Any) -> Any:
        with self._engine.stream() as stream:
            client.require()
            with self._times.counted():
                (result,) = stream.run({"images": images}, [self._output])
            return result.copy()

    def report(self) -> None:
        self._times.report()


def engine_of(pipeline: Folder, parameters: Mapping[str, str], output: str) -> Engine:
    """Return the engine where it runs fastest: inside, as far as a pipeline wants that and the server can do it.

    Parameters: `engine`, its name; for a run inside `engine.file`, a file of the engine's or else the pipeline's
    folder, `engine.shapes`, for which it is compiled one by one (`openvino_lanes`), `engine.warmup`, others to be ready
    for, and those of `openvino_engine`.
    Raises ValueError, which names a parameter that cannot be honoured.
    """
    name, file = parameters["engine"], parameters.get("engine.file")
    if file is None:
        return EngineOnTriton(name, output, _threads(parameters) if keeps_a_queue(parameters) else 0)
    if find_spec("openvino") is None or find_spec("openvino_engine") is None:
        return _asked(pipeline, name, parameters, output, "this server has no OpenVINO for Python models")
    if path := pipeline.find(file, name):
        return EngineInside(path, name, pipeline.name, parameters, output)
    return _asked(pipeline, name, parameters, output, f"{file} is in neither's folder")


def _asked(pipeline: Folder, name: str, parameters: Mapping[str, str], output: str, reason: str) -> EngineOnTriton:
    pb_utils.Logger.log_warn(f"{pipeline.name} asks {name} through Triton, which is slower: {reason}")
    return EngineOnTriton(name, output, _threads(parameters))


def _threads(parameters: Mapping[str, str]) -> int:
    streams = parameters.get("NUM_STREAMS", "")
    return max(int(streams), 1) if streams.isdigit() else 1


def _shapes(name: str, parameters: Mapping[str, str]) -> list[Mapping[str, tuple[int, ...]]]:
    """Read a parameter of heights and widths, `480x640, 640x480`, as shapes of the engine's input."""
    text = parameters.get(name, "")
    shapes: list[Mapping[str, tuple[int, ...]]] = []
    for size in filter(None, (part.strip() for part in text.split(","))):
        height, _, width = size.partition("x")
        if not (height.isdigit() and width.isdigit()):
            raise ValueError(f"expected the parameter '{name}' to be shapes like 480x640, 640x480, got {text}")
        shapes.append({"images": (1, int(height), int(width), 3)})
    return shapes
