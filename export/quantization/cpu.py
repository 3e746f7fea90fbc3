"""INT8 as OpenVINO wants it on a CPU."""

from collections.abc import Sequence

import onnx

from export.pixels import Pixels
from export.quantization.bias import with_corrected_biases
from export.quantization.concatenations import with_parts_rounded_once
from export.quantization.quantize import quantize
from export.quantization.scheme import Scheme
from export.quantization.seam import Halves, join, split


def quantized_for_cpu(model: onnx.ModelProto, calibration: Sequence[Pixels], scheme: Scheme) -> onnx.ModelProto:
    """Return the graph with its layers with weights, but not the last ones, in INT8.

    Inputs and outputs stay as they are, whatever follows the last layers with weights stays FP32. Biases make up for
    what rounding shifts.

    Args:
        model: an FP32 graph
        calibration: typical pictures, UINT8 [1, H, W, 3], which may be read one by one
        scheme: one with unsigned activations, OpenVINO answers nonsense otherwise
    """
    body, head = split(model)
    rounded = with_parts_rounded_once(body, quantize(body, calibration, scheme))
    quantized = join(Halves(with_corrected_biases(body, rounded, calibration), head))
    onnx.checker.check_model(quantized, full_check=True)
    return quantized
