"""An engine whose runs take place on the threads that ask for them.

A stream of OpenVINO's is a thread of its own. Whoever hands work to another thread and sleeps meanwhile is woken, on
busy cores, beside a thread that computes, and often stays there while another core is idle. Here nobody is woken.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import LifoQueue
from typing import TYPE_CHECKING

import openvino
from engine_inputs import bytes_of
from engine_parameters import Threads
from openvino_engine import OpenVinoEngine, Stream, properties, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine_inputs import Array, Shapes

Key = frozenset[tuple[str, tuple[int, ...]]]
# Each lane has weights and code of its own, 50 to 250 MB with those of ResNet50. Many streams had better share them.
MOST_LANES = 4


def engines(
    path: Path, parameters: Mapping[str, str], only: Sequence[Shapes], threads_alone: int = 0
) -> tuple[OpenVinoLanes | OpenVinoEngine, OpenVinoLanes | OpenVinoEngine]:
    """Return what runs as many at a time as there are streams, and what runs one that is alone.

    Lanes, as long as NUM_STREAMS is so small that there is memory for them, and streams beyond; for one that is alone
    a lane of so many threads, or the same as for many where each has as many anyway.
    Raises ValueError, which names a parameter that cannot be honoured: streams have no shapes of their own.
    """
    one = {**parameters, "NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": str(threads_alone)}
    threads = Threads.of(parameters)
    has_more_alone = threads_alone > threads.each
    if threads.streams <= MOST_LANES:
        core = openvino.Core()
        model = read(core, path, parameters)  # once: what is compiled from it keeps its weights, too
        lanes = OpenVinoLanes(core, model, parameters, only)
        return lanes, OpenVinoLanes(core, model, one, only) if has_more_alone else lanes
    if only:
        raise ValueError(
            f"expected at most {MOST_LANES} streams with 'engine.shapes', got NUM_STREAMS {threads.streams}"
        )
    many = OpenVinoEngine(path, parameters)
    if not has_more_alone:
        return many, many
    core = openvino.Core()
    return many, OpenVinoLanes(core, read(core, path, parameters), one)


class OpenVinoLanes:
    """NUM_STREAMS lanes, each a compiled model of its own, with its part of INFERENCE_NUM_THREADS.

    Both are one unless said otherwise.
    With `only` some shapes of the inputs each lane holds the model once for each, compiled for nothing else: OpenVINO
    plans the memory beforehand then, and looks nothing up while it runs.
    """

    def __init__(
        self,
        core: openvino.Core,
        model: openvino.Model,
        parameters: Mapping[str, str],
        only: Sequence[Shapes] = (),
    ) -> None:
        """Compile the model; raises ValueError, which names a parameter that cannot be honoured."""
        threads = Threads.of(parameters)
        self.streams = threads.streams
        # Without a stream of OpenVINO's there is no thread of its own either. Several threads for a run need one.
        each = {"NUM_STREAMS": "0" if threads.each == 1 else "1", "INFERENCE_NUM_THREADS": str(threads.each)}
        # The lane that has run last runs next: some of its weights may still be near the core.
        self._idle: LifoQueue[Lane] = LifoQueue()
        settings = properties(parameters) | each
        # At the same time: to compile takes half a second for each shape, on one core.
        with ThreadPoolExecutor(self.streams) as pool:
            for lane in pool.map(lambda _: Lane(core, model, settings, only), range(self.streams)):
                self._idle.put(lane)

    def warm_up(self, shapes: Iterable[Shapes], outputs: Sequence[str]) -> None:
        """Run every lane once for each of the shapes, with inputs of bytes: the first run of a shape compiles code."""
        inputs = [bytes_of(shape) for shape in shapes]
        for lane in [self._idle.get() for _ in range(self.streams)]:
            for one in inputs:
                lane.run(one, outputs)
            self._idle.put(lane)

    @contextmanager
    def stream(self) -> Iterator[Lane]:
        """Wait for a lane that is idle, and hold it for as long as the block lasts; from any thread."""
        lane = self._idle.get()
        try:
            yield lane
        finally:
            self._idle.put(lane)


class Lane:
    """Runs one thing at a time."""

    def __init__(
        self, core: openvino.Core, model: openvino.Model, settings: Mapping[str, str], only: Sequence[Shapes]
    ) -> None:
        def compiled(model: openvino.Model) -> Stream:
            return Stream(core.compile_model(model, "CPU", dict(settings)).create_infer_request())

        self._any = None if only else compiled(model)
        self._fixed = {_key(shapes): compiled(_reshaped(model, shapes)) for shapes in only}

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Return the outputs by their names: views, valid until the lane runs again.

        Raises ValueError for inputs of shapes for which it is not compiled.
        """
        shapes = {name: array.shape for name, array in inputs.items()}
        stream = self._any or self._fixed.get(_key(shapes))
        if stream is None:
            raise ValueError(f"the engine is not compiled for {shapes}")
        return stream.run(inputs, outputs)


def _key(shapes: Shapes) -> Key:
    return frozenset(shapes.items())


def _reshaped(model: openvino.Model, shapes: Shapes) -> openvino.Model:
    copy = model.clone()
    copy.reshape(dict(shapes))
    return copy
