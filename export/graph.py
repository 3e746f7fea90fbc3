"""Read and label an ONNX graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import onnx


@dataclass(frozen=True)
class Tensor:
    """An input or output of a graph, as Triton sees it: without its first, the batch dimension."""

    name: str
    kind: str  # NumPy's name of the element type
    dims: Sequence[int]  # -1 where it varies


@dataclass(frozen=True)
class Signature:
    inputs: Sequence[Tensor]
    outputs: Sequence[Tensor]


def signature(model: onnx.ModelProto) -> Signature:
    """Return names, types and dimensions; the configs are generated from them."""
    return Signature([_tensor(each) for each in model.graph.input], [_tensor(each) for each in model.graph.output])


def annotate(model: onnx.ModelProto, properties: Mapping[str, str]) -> None:
    """Write properties into the model file, so that a copy without its folder still says what it is."""
    onnx.helper.set_model_props(model, dict(properties))


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    kind = value.type.tensor_type
    dims = [dim.dim_value if dim.HasField("dim_value") else -1 for dim in kind.shape.dim]
    return Tensor(value.name, str(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)), dims[1:])
