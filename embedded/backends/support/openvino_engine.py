"""An engine that OpenVINO runs on the CPU, in whichever process holds it: the `openvino` backend's, or a pipeline's.

Honours the parameters of NVIDIA's backend: INFERENCE_NUM_THREADS, COMPILATION_NUM_THREADS, NUM_STREAMS,
PERFORMANCE_HINT and HINT_BF16. Two more: FP32_CONVOLUTIONS, how many of the first convolutions HINT_BF16 leaves in
FP32, and JIT_CONVOLUTIONS: INT8 convolutions that read at most so many channels are computed by kernels generated for
each, where that is faster. Unlike OpenVINO's own default, which takes bfloat16 wherever the CPU has it, precision is
FP32 unless HINT_BF16 asks otherwise: what is served then equals what was exported.
"""

from __future__ import annotations

from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING

import openvino
from convolution_marks import first_in_fp32, marked, narrow_by_jit
from engine_inputs import bytes_of
from engine_parameters import choice, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from engine_inputs import Array, Shapes

HINTS = {"LATENCY", "THROUGHPUT", "CUMULATIVE_THROUGHPUT"}


class OpenVinoEngine:
    """One compiled model, and an inference request for each of its `streams`: they share weights and compiled code."""

    def __init__(self, path: Path, parameters: Mapping[str, str]) -> None:
        """Compile the model file; raises ValueError, which names a parameter that cannot be honoured."""
        core = openvino.Core()
        model = read(core, path, parameters)
        compiled = core.compile_model(model, "CPU", properties(parameters))
        self.streams = int(compiled.get_property("NUM_STREAMS"))
        self._idle: SimpleQueue[openvino.InferRequest] = SimpleQueue()
        for _ in range(self.streams):
            self._idle.put(compiled.create_infer_request())

    @contextmanager
    def stream(self) -> Iterator[Stream]:
        """Wait for a stream that is idle, and hold it for as long as the block lasts; from any thread."""
        request = self._idle.get()
        try:
            yield Stream(request)
        finally:
            self._idle.put(request)

    def warm_up(self, shapes: Iterable[Shapes], outputs: Sequence[str]) -> None:
        """Run once for each of the shapes, with inputs of bytes: the first run of a shape compiles code."""
        for shape in shapes:
            with self.stream() as stream:
                stream.run(bytes_of(shape), outputs)


class Stream:
    """A place at the engine."""

    def __init__(self, request: openvino.InferRequest) -> None:
        self._request = request

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        """Return the outputs by their names: views, valid until the stream runs again."""
        for name, array in inputs.items():
            # Shared memory: the engine reads the pixels where they are. What is read-only cannot be shared.
            self._request.set_tensor(name, openvino.Tensor(array, shared_memory=array.flags.writeable))
        # `infer` hides what goes wrong where one stream has one thread, and leaves the last run's outputs there.
        self._request.start_async()
        self._request.wait()
        return [self._request.get_tensor(name).data for name in outputs]


def read(core: openvino.Core, path: Path, parameters: Mapping[str, str]) -> openvino.Model:
    """Read a model file, as the parameters FP32_CONVOLUTIONS and JIT_CONVOLUTIONS want it."""
    in_fp32, by_jit = (
        int(number(name, parameters.get(name, "0"))) for name in ("FP32_CONVOLUTIONS", "JIT_CONVOLUTIONS")
    )
    model = core.read_model(path)
    return marked(core, model, first_in_fp32(model, in_fp32) | narrow_by_jit(model, by_jit))


def properties(parameters: Mapping[str, str]) -> dict[str, str]:
    """Translate a model's `parameters` into OpenVINO properties; ValueError names a value that does not fit."""
    result = {
        # Instances are processes of their own: each would pin its threads to the same first cores.
        "ENABLE_CPU_PINNING": "NO",
        "INFERENCE_PRECISION_HINT": "f32",
    }
    for name in ("INFERENCE_NUM_THREADS", "COMPILATION_NUM_THREADS"):
        if name in parameters:
            result[name] = number(name, parameters[name])
    if "NUM_STREAMS" in parameters:
        value = parameters["NUM_STREAMS"].upper()
        result["NUM_STREAMS"] = value if value in {"AUTO", "NUMA"} else number("NUM_STREAMS", value)
    if "PERFORMANCE_HINT" in parameters:
        result["PERFORMANCE_HINT"] = choice("PERFORMANCE_HINT", parameters["PERFORMANCE_HINT"], HINTS)
    if "HINT_BF16" in parameters:
        choice("HINT_BF16", parameters["HINT_BF16"], {"YES"})
        result["INFERENCE_PRECISION_HINT"] = "bf16"
    return result
