"""A graph in INT8 that is being edited: its pairs of Q and DQ, and who reads what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

STEPS: Final = 255  # of UINT8
LARGEST_WEIGHT: Final = np.float32(127)  # of INT8, symmetric


@dataclass(frozen=True)
class Rounding:
    """How numbers become UINT8."""

    scale: float
    zero_point: int

    def moved(self, zero_point: int) -> "Rounding":
        """Return one with another zero point whose range holds this one's."""
        above = self.scale * (STEPS - self.zero_point) / (STEPS - zero_point)
        below = self.scale * self.zero_point / zero_point if zero_point else 0.0
        return Rounding(max(above, below), zero_point)


class QuantizedGraph:
    """A quantized graph that is being edited, and what the exact one tells of it."""

    def __init__(self, graph: onnx.GraphProto, exact: onnx.ModelProto) -> None:
        self._graph = graph
        self._constants = {each.name: each for each in graph.initializer}
        self._exact_constants = {each.name: each for each in exact.graph.initializer}
        self._exact_nodes = {node.name: node for node in exact.graph.node}
        known = onnx.shape_inference.infer_shapes(exact).graph.value_info
        self._dimensions = {each.name: each.type.tensor_type.shape.dim for each in known}
        self.makers = {name: node for node in graph.node for name in node.output}
        self.quantizers = {node.input[0]: node for node in graph.node if node.op_type == "QuantizeLinear"}

    def concatenations(self) -> list[onnx.NodeProto]:
        """Return those of channels whose only readers are quantized convolutions."""
        return [
            node for node in self._graph.node
            if node.op_type == "Concat" and node.output[0] in self.quantizers
            and all(self.channels(self.source(name)) for name in node.input) and _attribute(node, "axis").i == 1
            and self._readers(node.output[0]) == [self.quantizers[node.output[0]]]
            and all(self._is_quantized(reader) for reader in self.readers_of_rounded(node.output[0]))
        ]  # fmt: skip

    def readers_of_rounded(self, tensor: str) -> list[onnx.NodeProto]:
        """Return who reads what a pair of Q and DQ makes of a tensor."""
        pairs = self._readers(self.quantizers[tensor].output[0])
        return [reader for pair in pairs for reader in self._readers(pair.output[0])]

    def unrounded(self, tensor: str) -> str:
        """Return the name of what a pair of Q and DQ makes this tensor of, else its own."""
        maker = self.makers.get(tensor)
        return self.makers[maker.input[0]].input[0] if maker and maker.op_type == "DequantizeLinear" else tensor

    def moving(self, tensor: str) -> onnx.NodeProto | None:
        """Return the tensor's maker if it gives only values that it was given: it may as well work on rounded ones."""
        maker = self.makers.get(tensor)
        if maker and maker.op_type == "Resize":
            return maker if _attribute(maker, "mode").s in {b"", b"nearest"} else None
        return maker if maker and maker.op_type == "MaxPool" else None

    def source(self, tensor: str) -> str:
        """Return the name of the tensor, not rounded, that this one's values come from."""
        tensor = self.unrounded(tensor)
        maker = self.moving(tensor)
        return self.source(maker.input[0]) if maker else tensor

    def channels(self, tensor: str) -> int:
        """Return their number; 0 where the graph does not say."""
        dimensions = list(self._dimensions.get(tensor, []))
        return int(dimensions[1].dim_value) if dimensions else 0

    def rounding(self, tensor: str) -> Rounding:
        """Return how a tensor is rounded that is."""
        scale, zero_point = (self._constants[name] for name in self.quantizers[tensor].input[1:3])
        return Rounding(float(numpy_helper.to_array(scale)), int(numpy_helper.to_array(zero_point)))

    def round(self, tensor: str, rounding: Rounding) -> None:
        """Round a tensor like this, and for whoever reads it rounded already."""
        constants = self.constants_of(f"{tensor}_part", rounding)
        if tensor not in self.quantizers:
            self.quantizers[tensor] = self.node("QuantizeLinear", [tensor, *constants], f"{tensor}_part")
        quantizer = self.quantizers[tensor]
        for node in (quantizer, *self._readers(quantizer.output[0])):
            node.input[1:] = constants

    def reweigh(self, convolution: onnx.NodeProto, factors: NDArray[np.float32]) -> None:
        """Multiply the weights of a quantized convolution by a factor for each channel that it reads."""
        exact = self._exact_constants[self._exact_nodes[convolution.name].input[1]]
        weights = numpy_helper.to_array(exact) * factors[:, None, None]
        scale = np.maximum(np.abs(weights).max(axis=(1, 2, 3)), np.finfo(np.float32).tiny) / LARGEST_WEIGHT
        rounded = np.round(weights / scale[:, None, None, None]).astype(np.int8)
        pair = self.makers[convolution.input[1]]
        pair.input[0] = self.constant(f"{convolution.name}_part_weights", rounded)
        pair.input[1] = self.constant(f"{convolution.name}_part_weights_scale", scale)

    def constants_of(self, name: str, rounding: Rounding) -> list[str]:
        """Add scale and zero point."""
        scale, zero_point = np.float32(rounding.scale), np.uint8(rounding.zero_point)
        return [self.constant(f"{name}_scale", scale), self.constant(f"{name}_zero_point", zero_point)]

    def constant(self, name: str, value: NDArray[np.generic] | np.generic) -> str:
        """Add a constant and return its name."""
        self._constants[name] = self._graph.initializer.add()
        self._constants[name].CopyFrom(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str) -> onnx.NodeProto:
        """Add a node with one output."""
        node = self._graph.node.add()
        node.CopyFrom(helper.make_node(kind, inputs, [output], name=output))
        self.makers[output] = node
        return node

    def _readers(self, tensor: str) -> list[onnx.NodeProto]:
        return [node for node in self._graph.node if tensor in node.input]

    def _is_quantized(self, node: onnx.NodeProto) -> bool:
        """Tell whether it is a convolution with rounded weights, each for all channels."""
        if node.op_type != "Conv" or _attribute(node, "group").i > 1:
            return False
        weights = self.makers.get(node.input[1])
        return weights is not None and weights.op_type == "DequantizeLinear"


def _attribute(node: onnx.NodeProto, name: str) -> onnx.AttributeProto:
    """Return an attribute, empty where the node has none of that name."""
    return next((each for each in node.attribute if each.name == name), onnx.AttributeProto())
