"""The engine in the pipeline's own process: a picture is not handed from process to process.

On busy cores every hand-over waits for its turn, two of them longer than decoding takes.
Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

import triton_python_backend_utils as pb_utils
from engine_call import EngineOnTriton
from picture_queue import keeps_a_queue
from picture_sizes import sizes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from engine import Client, Engine
    from engine_inputs import Array, Shapes
    from picture_sizes import Size
    from run_times import RunTimes

# What can run an engine, by the name of Triton's backend and of the Python package: our module that does.
BACKENDS = {"onnxruntime": "onnxruntime_engine", "openvino": "openvino_lanes"}


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
class Interface:
    """What passes between a pipeline and its engine."""

    output: str
    """The engine's output."""
    sizes: Sequence[Size] = ()
    """The only heights and widths of what it is shown; any where there are none."""


class Stream(Protocol):
    """A place for one run at a time."""

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Return the outputs by their names; they may be views, valid until the next run."""


class LocalEngine(Protocol):
    """An engine in this process, from one of the modules of `BACKENDS`."""

    streams: int

    def stream(self) -> AbstractContextManager[Stream]:
        """Wait for a place that is idle, and hold it for as long as the block lasts."""

    def warm_up(self, shapes: Iterable[Shapes], outputs: Sequence[str]) -> None:
        """Be ready for inputs of these shapes."""


@dataclass(frozen=True)
class Runs:
    """A way to run the engine, and what its runs take."""

    engine: LocalEngine
    times: RunTimes


class EngineInside:
    """The model file at `path`, whose runs count as those of the engine called `name`.

    Where it is shown some sizes only, it is ready for those and nothing else.
    A picture that is alone in the pipeline may have a run of several threads: other cores have nothing to do.
    """

    def __init__(
        self, path: Path, name: str, pipeline: str, parameters: Mapping[str, str], interface: Interface
    ) -> None:
        from engine_parameters import number  # noqa: PLC0415 - on servers with our backends' files only
        from run_times import RunTimes  # noqa: PLC0415 - lies beside it

        only = [_inputs(size) for size in interface.sizes]
        others = [_inputs(size) for size in sizes("engine.warmup", parameters)]
        backend = import_module(BACKENDS[_backend(parameters)])
        threads_alone = int(number("engine.alone", parameters.get("engine.alone", "0")))
        many, one = backend.engines(path, parameters, only, threads_alone)
        self._many = self._alone = Runs(many, RunTimes(name, pipeline))
        if one is not many:
            self._alone = Runs(one, RunTimes(name, f"{pipeline}_alone"))
        for runs in self._ways():
            runs.engine.warm_up(only or others, [interface.output])
        # What loading and compiling have left behind goes back to the system: 40 MB of two lanes for four shapes.
        ctypes.CDLL(None).malloc_trim(0)
        self._output, self.at_once = interface.output, many.streams

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


def engine_of(pipeline: Folder, parameters: Mapping[str, str], interface: Interface) -> Engine:
    """Return the engine where it runs fastest: inside, as far as a pipeline wants that and the server can do it.

    Parameters: `engine`, its name; for a run inside `engine.file`, a file of the engine's or else the pipeline's
    folder, `engine.backend`, what runs it (`BACKENDS`; openvino when left out), NUM_STREAMS, how many at a time, on
    INFERENCE_NUM_THREADS in all, `engine.alone`, how many threads a picture has that is alone, `engine.warmup`, shapes
    to be ready for where any may come, and others of `openvino_engine`.
    Raises ValueError, which names a parameter that cannot be honoured.
    """
    name, output, file = parameters["engine"], interface.output, parameters.get("engine.file")
    if file is None:
        return EngineOnTriton(name, output, _threads(parameters) if keeps_a_queue(parameters) else 0)
    backend = _backend(parameters)
    if find_spec(backend) is None or find_spec(BACKENDS[backend]) is None:
        return _asked(pipeline, name, parameters, output, f"this server has no {backend} for Python models")
    if path := pipeline.find(file, name):
        return EngineInside(path, name, pipeline.name, parameters, interface)
    return _asked(pipeline, name, parameters, output, f"{file} is in neither's folder")


def _asked(pipeline: Folder, name: str, parameters: Mapping[str, str], output: str, reason: str) -> EngineOnTriton:
    pb_utils.Logger.log_warn(f"{pipeline.name} asks {name} through Triton, which is slower: {reason}")
    return EngineOnTriton(name, output, _threads(parameters))


def _backend(parameters: Mapping[str, str]) -> str:
    backend = parameters.get("engine.backend", "openvino")
    if backend not in BACKENDS:
        raise ValueError(f"expected the parameter 'engine.backend' to be {' or '.join(BACKENDS)}, got {backend}")
    return backend


def _threads(parameters: Mapping[str, str]) -> int:
    streams = parameters.get("NUM_STREAMS", "")
    return max(int(streams), 1) if streams.isdigit() else 1


def _inputs(size: Size) -> Shapes:
    return {"images": (1, *size, 3)}
