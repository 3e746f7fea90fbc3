"""The graph for one picture size: squares, as the pipelines make them for a GPU."""

import onnx
import onnxslim
from onnxruntime.tools.onnx_model_utils import make_dim_param_fixed

from export.catalog import ModelSpec
from export.verify import Case


def at_square(model: onnx.ModelProto, spec: ModelSpec) -> onnx.ModelProto:
    """Return a copy of the graph in which only the batch varies.

    Whatever follows from the size alone (that of feature maps, the number of candidates) becomes a constant: a plan
    does not compute what is known before.
    """
    fixed = onnx.ModelProto()
    fixed.CopyFrom(model)
    for dimension in ("height", "width"):
        make_dim_param_fixed(fixed.graph, dimension, spec.image_size)
    del fixed.graph.value_info[:]  # shapes of before
    slim: onnx.ModelProto = onnxslim.slim(fixed)
    return slim


def square_cases(spec: ModelSpec, max_batch: int) -> list[Case]:
    """Return what a plan can be tried on: batches 1, 2, 3 and the largest."""
    side = spec.image_size
    return [Case(batch, side, side) for batch in sorted({1, 2, 3, max_batch}) if batch <= max_batch]
