"""INT8 as OpenVINO wants it on a CPU."""

from collections.abc import Sequence

import onnx

from export.pixels import Pixels
from export.quantization.quantize import quantize
from export.quantization.scheme import Ranges, Scheme
from export.quantization.seam import Halves, join, split


def quantized_for_cpu(model: onnx.ModelProto, calibration: Sequence[Pixels], ranges: Ranges) -> onnx.ModelProto:
    """Return the graph with all layers with weights but the last ones in INT8; inputs and outputs stay as they are.

    Activations are unsigned with a zero point: what SiLU lets through is hardly ever negative, and signed steps would
    waste half of the 256. Whatever follows the last layers with weights stays FP32.

    Args:
        model: an FP32 graph
        calibration: typical pictures, UINT8 [1, H, W, 3], which may be read one by one
        ranges: how the ranges of activations are found
    """
    body, head = split(model)
    quantized = join(Halves(quantize(body, calibration, Scheme(symmetric=False, ranges=ranges)), head))
    onnx.checker.check_model(quantized, full_check=True)
    return quantized
