"""TensorRT, by NVIDIA's Polygraphy. Imported when it is asked for, so that the command can say that it is missing."""

from __future__ import annotations

import ctypes
import io
import re
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from export.errors import TensorRTError, TensorRTUnavailableError
from export.plan.gpu import only_gpu
from export.plan.machine import Machine
from export.plan.monitor import holding_interrupts, progress_monitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from export.pixels import Pixels, Run
    from export.plan.toolkit import Progress, Shapes

WORKSPACE_BYTES = 2 << 30  # what a layer may use while it computes; the limit that the GPU profile gives ONNX Runtime
INPUT = "images"
WHERE = "plans are built inside the Triton image that will serve them: docker compose run --rm plan"


def connect() -> PolygraphyToolkit:
    """Load TensorRT and look for a GPU.

    Raises:
        TensorRTUnavailableError: TensorRT, Polygraphy, a driver or a GPU is missing, or the GPUs are of several kinds
    """
    try:
        import polygraphy  # noqa: F401, PLC0415 - only when a plan is asked for, as the next
        import tensorrt  # noqa: PLC0415 - looks for the library when it is imported
    except ImportError as error:
        raise TensorRTUnavailableError(f"no TensorRT here ({error}): {WHERE}") from error
    gpu = only_gpu(WHERE)
    return PolygraphyToolkit(tensorrt, Machine(_library_version(tensorrt.__version__), gpu.name, gpu.capability))


class PolygraphyToolkit:
    """See `TensorRT`."""

    def __init__(self, tensorrt: ModuleType, machine: Machine) -> None:
        self._tensorrt: Any = tensorrt
        self.machine = machine

    def build(self, graph: bytes, shapes: Shapes, progress: Progress) -> bytes:
        from polygraphy.backend import trt  # noqa: PLC0415 - see above

        with holding_interrupts() as interrupted, _explained("TensorRT cannot build a plan"):
            network = trt.network_from_onnx_bytes(graph, strongly_typed=True)
            config = trt.CreateConfig(
                profiles=[trt.Profile().add(INPUT, min=shapes.smallest, opt=shapes.largest, max=shapes.largest)],
                memory_pool_limits={self._tensorrt.MemoryPoolType.WORKSPACE: WORKSPACE_BYTES},
                progress_monitor=progress_monitor(self._tensorrt, progress, interrupted),
            )
            return bytes(trt.engine_bytes_from_network(network, config))

    @contextmanager
    def running(self, plan: bytes) -> Iterator[Run]:
        from polygraphy.backend import trt  # noqa: PLC0415 - see above

        runner = trt.TrtRunner(trt.EngineFromBytes(plan))
        with _explained("TensorRT cannot load the plan"):
            runner.activate()
        try:
            yield lambda pixels: _infer(runner, pixels)
        finally:
            runner.deactivate()


def _infer(runner: Any, pixels: Pixels) -> NDArray[np.float32]:
    with _explained("TensorRT cannot run the plan"):
        (output,) = runner.infer({INPUT: pixels}).values()
        return output.copy()  # type: ignore[no-any-return]  # the runner writes the next output to the same place


def _library_version(bindings: str) -> str:
    """Ask the library itself: bindings of another build number may have been all that could be installed."""
    library = ctypes.CDLL(f"libnvinfer.so.{bindings.partition('.')[0]}")
    return ".".join(
        str(getattr(library, f"getInferLib{part}Version")()) for part in ("Major", "Minor", "Patch", "Build")
    )


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn whatever goes wrong into one line with the first thing that TensorRT called an error.

    TensorRT reports through a log, which Polygraphy prints; what is raised says no more than to read that log.
    """
    log = io.StringIO()
    try:
        with redirect_stdout(log), redirect_stderr(log):
            yield
    except Exception as error:
        told = re.search(r"^\s*\[E\] (.+)$", log.getvalue(), re.MULTILINE)
        reason = told[1] if told else (str(error) or type(error).__name__).splitlines()[0]
        raise TensorRTError(f"{what}: {reason}") from error
