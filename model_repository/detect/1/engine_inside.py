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
    from openvino_engine import OpenVinoEngine
    from openvino_lanes import OpenVinoLanes
    from run_times import RunTimes


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


@dataclass(frozen=True)
class Runs:
    """A way to run the engine, and what its runs take."""

    engine: OpenVinoLanes | OpenVinoEngine
    times: RunTimes


class EngineInside:
    """The model file at `path`, whose runs count as those of the engine called `name`.

    A picture that is alone in the pipeline may have a run of several threads: other cores have nothing to do.
    """

    def __init__(self, path: Path, name: str, pipeline: str, parameters: Mapping[str, str], output: str) -> None:
        from openvino_lanes import engines  # noqa: PLC0415 - on servers with OpenVINO only
        from run_times import RunTimes  # noqa: PLC0415 - lies beside it

        usual, others = (_shapes(name, parameters) for name in ("engine.shapes", "engine.warmup"))
        many, one = engines(path, parameters, usual, _threads_alone(parameters))
        self._many = self._alone = Runs(many, RunTimes(name, pipeline))
        if one is not many:
            self._alone = Runs(one, RunTimes(name, f"{pipeline}_alone"))
        for runs in self._ways():
            runs.engine.warm_up([*usual, *others], [output])
        self._output, self.at_once = output, many.streams

    def __call__(self, client: Client, images: Any) -> Any:
        runs = self._alone if client.is_alone() else self._many
        with runs.engine.stream() as stream:
            client.require()
            with runs.times.counted():
                (result,) = stream.run({"images": images}, [self._output])
            return result.copy()

    def report(self) -> None:
        for runs in self._ways():
            runs.times.report()

    def _ways(self) -> list[Runs]:
        return [self._many] if self._alone is self._many else [self._many, self._alone]


def engine_of(pipeline: Folder, parameters: Mapping[str, str], output: str) -> Engine:
    """Return the engine where it runs fastest: inside, as far as a pipeline wants that and the server can do it.

    Parameters: `engine`, its name; for a run inside `engine.file`, a file of the engine's or else the pipeline's
    folder, `engine.shapes`, for which it is compiled one by one (`openvino_lanes`), `engine.warmup`, others to be ready
    for, `engine.alone`, how many threads a picture has that is alone, and those of `openvino_engine`.
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


def _threads_alone(parameters: Mapping[str, str]) -> int:
    threads = parameters.get("engine.alone", "0")
    if not threads.isdigit():
        raise ValueError(f"expected the parameter 'engine.alone' to be a number of threads, got {threads}")
    return int(threads)


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
