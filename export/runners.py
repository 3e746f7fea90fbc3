"""ONNX Runtime on the CPU, as a network to be compared."""

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from export.pixels import Pixels, Run


def onnx_runtime(model: Path | bytes) -> Run:
    """Load an ONNX file, or what would be in it."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name

    def run(pixels: Pixels) -> NDArray[np.float32]:
        (output,) = session.run(None, {name: pixels})
        return np.asarray(output, np.float32)

    return run
