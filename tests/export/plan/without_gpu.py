"""The command with something in TensorRT's place; runs in the export environment, where neither TensorRT nor a GPU is.

python tests/export/plan/without_gpu.py FAULT GPU ARGUMENTS...

What TensorRT would be given, the typed graph, is kept as the "plan" and run by ONNX Runtime: files, configs, records
and proofs are the real ones, all but the plan itself. FAULT is what goes wrong in its place: none, build, full-disk,
interrupt, load, run, wrong, not-a-number.
"""

from __future__ import annotations

import errno
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from export.cli import main
from export.errors import TensorRTError
from export.plan.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from export.pixels import Run
    from export.plan.toolkit import Progress, Shapes


class InTheirPlace:
    """What `TensorRT` asks for."""

    def __init__(self, fault: str, gpu: str) -> None:
        self._fault = fault
        self.machine = Machine("11.4.0.106", gpu, "8.9")

    def build(self, graph: bytes, shapes: Shapes, progress: Progress) -> bytes:
        progress("Building", 1, 2)
        if self._fault == "build":
            raise TensorRTError("TensorRT cannot build a plan: OutOfMemory (Requested size was 4294967296 bytes.)")
        if self._fault == "full-disk":
            raise OSError(errno.ENOSPC, "No space left on device")
        if self._fault == "interrupt":
            raise KeyboardInterrupt
        assert shapes.smallest == (1, *shapes.largest[1:])
        return graph

    @contextmanager
    def running(self, plan: bytes) -> Iterator[Run]:
        if self._fault == "load":
            raise TensorRTError("TensorRT cannot load the plan: Error Code 1: Serialization")
        from export.runners import onnx_runtime  # here the command has made its sandbox

        run = onnx_runtime(plan)
        yield lambda pixels: self._answer(run(pixels))

    def _answer(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._fault == "run":
            raise TensorRTError("TensorRT cannot run the plan: CUDA error 700")
        if self._fault == "wrong" and len(output) > 1:  # a plan that mixes up the pictures of a batch
            return output[::-1]
        return output * np.float32(np.nan) if self._fault == "not-a-number" else output


if __name__ == "__main__":
    fault, gpu, *arguments = sys.argv[1:]
    sys.exit(main(arguments, lambda: InTheirPlace(fault, gpu)))
