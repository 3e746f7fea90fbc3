"""Concatenations in INT8: a part is rounded once, where it is made, in steps of its own size.

The quantizer rounds what a concatenation gives, all parts in the same steps. A part that a convolution reads by itself,
too, has been rounded for that one before, in other steps: a runtime makes numbers of it again to round it once more.
Here the rounded parts are joined as they are. That their steps mean different sizes, the weights behind make up for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization.onnx_model import ONNXModel

STEPS = 255  # of UINT8
MUCH_FINER = 1.6
"""A part whose steps are so many times finer than those of the whole is rounded again: the weights for it would become
so small that their own rounding loses more. Measured: docs/performance.md."""
LARGEST_WEIGHT = np.float32(127)  # of INT8, symmetric


def with_parts_rounded_once(exact: onnx.ModelProto, quantized: onnx.ModelProto) -> onnx.ModelProto:
    """Return the quantized graph with concatenations of rounded parts.

    A part that had steps of its own keeps their range, the others take that of their concatenation. Parts that are
    joined get the same zero point, the largest of theirs, and ranges that hold those from before. What is only moved
    on its way, by MaxPool or Resize, is rounded first.

    Args:
        exact: the FP32 graph
        quantized: made from it, with pairs of Q and DQ of UINT8 in front of its convolutions
    """
    edited = ONNXModel(onnx.ModelProto())
    edited.model.CopyFrom(quantized)
    graph = _Graph(edited.model.graph, exact)
    for joins in _connected([_Join(graph, node) for node in graph.concatenations()]):
        _round_parts(graph, joins)
    edited.topological_sort()
    inputs, outputs = ([each.name for each in part] for part in (quantized.graph.input, quantized.graph.output))
    return onnx.utils.Extractor(edited.model).extract_model(inputs, outputs)  # without what nobody reads any more


@dataclass(frozen=True)
class _Rounding:
    """How numbers become UINT8."""

    scale: float
    zero_point: int

    def moved(self, zero_point: int) -> "_Rounding":
        """Return one with another zero point whose range holds this one's."""
        above = self.scale * (STEPS - self.zero_point) / (STEPS - zero_point)
        below = self.scale * self.zero_point / zero_point if zero_point else 0.0
        return _Rounding(max(above, below), zero_point)


class _Graph:
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
        """Return those whose only readers are quantized convolutions."""
        return [
            node for node in self._graph.node
            if node.op_type == "Concat" and node.output[0] in self.quantizers
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
            modes = [each.s for each in maker.attribute if each.name == "mode"]
            return maker if modes in ([], [b"nearest"]) else None
        return maker if maker and maker.op_type == "MaxPool" else None

    def source(self, tensor: str) -> str:
        """Return the name of the tensor, not rounded, that this one's values come from."""
        tensor = self.unrounded(tensor)
        maker = self.moving(tensor)
        return self.source(maker.input[0]) if maker else tensor

    def channels(self, tensor: str) -> int:
        return int(self._dimensions[tensor][1].dim_value)

    def rounding(self, tensor: str) -> _Rounding:
        """Return how a tensor is rounded that is."""
        scale, zero_point = (self._constants[name] for name in self.quantizers[tensor].input[1:3])
        return _Rounding(float(numpy_helper.to_array(scale)), int(numpy_helper.to_array(zero_point)))

    def round(self, tensor: str, rounding: _Rounding) -> None:
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

    def constants_of(self, name: str, rounding: _Rounding) -> list[str]:
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
        groups = [each.i for each in node.attribute if each.name == "group"]
        if node.op_type != "Conv" or groups not in ([], [1]):
            return False
        weights = self.makers.get(node.input[1])
        return weights is not None and weights.op_type == "DequantizeLinear"


class _Join:
    """One concatenation."""

    def __init__(self, graph: _Graph, node: onnx.NodeProto) -> None:
        self._graph, self._node, self._output = graph, node, node.output[0]
        self._sources = [graph.source(name) for name in node.input]
        self.as_a_whole = graph.rounding(self._output)
        self.once = {source: rounding for source in self._sources if (rounding := self._once(source))}
        """How the parts are rounded that need to be only once."""

    def _once(self, source: str) -> _Rounding | None:
        if source not in self._graph.quantizers:
            return self.as_a_whole
        own = self._graph.rounding(source)
        return own if own.scale * MUCH_FINER > self.as_a_whole.scale else None

    def take_rounded_parts(self, zero_point: int) -> None:
        """Read all parts as if their steps were of one size, and have the convolutions behind know better."""
        graph = self._graph
        again = self.as_a_whole.moved(zero_point)
        roundings = [graph.rounding(source) if source in self.once else again for source in self._sources]
        sizes = np.array([each.scale for each in roundings], np.float32)
        factors = np.repeat(sizes / sizes.max(), [graph.channels(source) for source in self._sources])
        self._again = graph.constants_of(f"{self._output}_again", again)
        self._scale = graph.constant(f"{self._output}_parts_scale", sizes.max())
        self._node.input[:] = [self._rounded(name) for name in self._node.input]
        for convolution in graph.readers_of_rounded(self._output):
            graph.reweigh(convolution, factors)
            convolution.input[0] = self._output

    def _rounded(self, tensor: str) -> str:
        """Return the name of what stands for a tensor here."""
        graph = self._graph
        source = graph.unrounded(tensor)
        name = f"{self._output}/{source}"
        if name in graph.makers:
            return name
        if maker := graph.moving(source):
            moved = graph.node(maker.op_type, [self._rounded(maker.input[0]), *maker.input[1:]], name)
            moved.attribute.extend(maker.attribute)
            return name
        if source in self.once:
            quantizer = graph.quantizers[source]
        else:
            quantizer = graph.node("QuantizeLinear", [tensor, *self._again], f"{name}/again")
        graph.node("DequantizeLinear", [quantizer.output[0], self._scale, quantizer.input[2]], name)
        return name


def _connected(joins: Iterable[_Join]) -> list[list[_Join]]:
    """Group the joins that have parts in common which are rounded once."""
    groups: list[list[_Join]] = []
    for join in joins:
        touching = [group for group in groups if any(other.once.keys() & join.once.keys() for other in group)]
        groups = [group for group in groups if group not in touching]
        groups.append([join, *(other for group in touching for other in group)])
    return groups


def _round_parts(graph: _Graph, joins: Sequence[_Join]) -> None:
    """Give joins that share parts one zero point, and each part its finest rounding."""
    parts = [part for join in joins for part in join.once.items()]
    finest = dict(sorted(parts, key=lambda part: part[1].scale, reverse=True))
    zero_points = [each.zero_point for each in (*finest.values(), *(join.as_a_whole for join in joins))]
    zero_point = min(max(zero_points), STEPS - 1)
    for tensor, rounding in finest.items():
        graph.round(tensor, rounding.moved(zero_point))
    for join in joins:
        join.take_rounded_parts(zero_point)
