"""An engine that ONNX Runtime runs on the CPU, on the threads that ask for it.

In FP32 it is as fast as OpenVINO or faster, and takes much less memory: runs share the weights, and no code is compiled
for a shape of picture, so that a new one does not have to wait for that.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from engine_inputs import bytes_of
from engine_parameters import Threads

# Read when it is first imported: it would keep a device id and a database of events in the home folder.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
import onnxruntime

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine_inputs import Array, Shapes

OPENVINO_ONLY = ("HINT_BF16", "FP32_CONVOLUTIONS", "JIT_CONVOLUTIONS", "PERFORMANCE_HINT", "COMPILATION_NUM_THREADS")


def engines(
    path: Path, parameters: Mapping[str, str], only: Sequence[Shapes], threads_alone: int = 0
) -> tuple[OnnxRuntimeEngine, OnnxRuntimeEngine]:
    """Return what runs as many at a time as there are streams, and what runs one that is alone.

    That is an engine of its own where `threads_alone` are more than one of the streams has: a pool of threads cannot be
    divided from run to run.
    Raises ValueError, which names a parameter that only OpenVINO can honour.
    """
    foreign = ["engine.shapes"] if only else [name for name in OPENVINO_ONLY if name in parameters]
    if foreign:
        advice = "take it out, or set 'engine.backend' to openvino"
        raise ValueError(f"the parameter '{foreign[0]}' is for OpenVINO: {advice}")
    threads = Threads.of(parameters)
    many = OnnxRuntimeEngine(path, threads)
    return many, OnnxRuntimeEngine(path, Threads(1, threads_alone)) if threads_alone > threads.each else many


class OnnxRuntimeEngine:
    """One session, in which as many runs may be under way as there are `streams`."""

    def __init__(self, path: Path, threads: Threads) -> None:
        self.streams = threads.streams
        options = onnxruntime.SessionOptions()
        # Each run has the thread that asks for it; those beyond are a pool, for whichever run has work for them.
        options.intra_op_num_threads = threads.streams * (threads.each - 1) + 1
        options.inter_op_num_threads = 1
        # Spinning threads starve every other process of a small machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._places = BoundedSemaphore(self.streams)

    @contextmanager
    def stream(self) -> Iterator[OnnxRuntimeEngine]:
        """Wait for a place, and hold it for as long as the block lasts; from any thread."""
        with self._places:
            yield self

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Return the outputs by their names; to be called by who holds a place."""
        return list(self._session.run(outputs, dict(inputs)))

    def warm_up(self, shapes: Iterable[Shapes], outputs: Sequence[str]) -> None:
        """Run once for each of the shapes, with inputs of bytes: the first runs take memory from the system."""
        for shape in shapes:
            with self.stream() as stream:
                stream.run(bytes_of(shape), outputs)
