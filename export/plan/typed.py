"""A graph with the types that the plan will compute in.

TensorRT 11 takes the types of a graph as they are. So what FP16 or INT8 costs can be seen on a CPU, before any plan is
built.
"""

from collections.abc import Sequence
from typing import Final

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16

from export.pixels import Pixels
from export.plan.wanted import Precision
from export.quantization.quantize import quantize
from export.quantization.scheme import Scheme
from export.quantization.seam import Halves, join, split

OPSET: Final = 19  # the first in which scales of quantization may be FP16
# What TensorRT takes; source: "Explicit Quantization" in its documentation. docs/tensorrt.md has figures of others.
SCHEME: Final = Scheme(symmetric=True, ranges="percentile")


def typed_graph(model: onnx.ModelProto, precision: Precision, calibration: Sequence[Pixels] = ()) -> onnx.ModelProto:
    """Return the graph in the given precision; inputs and outputs keep their types.

    Args:
        model: an FP32 graph in which only the batch varies
        precision: of everything up to the last layer with weights; what is not quantized in INT8 is FP16
        calibration: for INT8, pictures UINT8 [1, H, W, 3], which may be read one by one
    """
    if precision == "fp32":
        return model
    body, head = split(onnx.version_converter.convert_version(model, OPSET))
    if precision == "int8":
        body = quantize(body, calibration, SCHEME)
    # No operator is left out, as some are by default: all that are there exist in FP16, too.
    body = convert_float_to_float16(body, keep_io_types=True, op_block_list=[])
    typed = join(Halves(body, head))
    onnx.checker.check_model(typed, full_check=True)
    return typed
