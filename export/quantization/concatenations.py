"""Concatenations in INT8: a part is rounded once, where it is made, in steps of its own size.

The quantizer rounds what a concatenation gives, all parts in the same steps. A part that a convolution reads by itself,
too, has been rounded for that one before, in other steps: a runtime makes numbers of it again to round it once more.
Here the rounded parts are joined as they are. That their steps mean different sizes, the weights behind make up for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
import onnx
from onnxruntime.quantization.onnx_model import ONNXModel

from export.quantization.quantized_graph import STEPS, QuantizedGraph, Rounding

ALIKE: Final = 1.6
"""A part is rounded again if its steps and those of the whole differ by so many times: the weights for the finer ones
would become so small that their own rounding loses more. Measured: docs/performance.md."""


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
    graph = QuantizedGraph(edited.model.graph, exact)
    for joins in _connected([_Join(graph, node) for node in graph.concatenations()]):
        _round_parts(graph, joins)
    edited.topological_sort()
    inputs, outputs = ([each.name for each in part] for part in (quantized.graph.input, quantized.graph.output))
    return onnx.utils.Extractor(edited.model).extract_model(inputs, outputs)  # without what nobody reads any more


class _Join:
    """One concatenation."""

    def __init__(self, graph: QuantizedGraph, node: onnx.NodeProto) -> None:
        self._graph, self._node, self._output = graph, node, node.output[0]
        self._sources = [graph.source(name) for name in node.input]
        self.as_a_whole = graph.rounding(self._output)
        self.once = {source: rounding for source in self._sources if (rounding := self._once(source))}
        """How the parts are rounded that need to be only once."""

    def _once(self, source: str) -> Rounding | None:
        if source not in self._graph.quantizers:
            return self.as_a_whole
        own = self._graph.rounding(source)
        return own if self._is_alike(own) else None

    def _is_alike(self, part: Rounding) -> bool:
        return 1 / ALIKE < part.scale / self.as_a_whole.scale < ALIKE

    def leave_to_others(self, roundings: Mapping[str, Rounding]) -> None:
        """Round again what others need in steps that are not like those of the whole."""
        self.once = {source: own for source, own in self.once.items() if self._is_alike(roundings[source])}

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


def _round_parts(graph: QuantizedGraph, joins: Sequence[_Join]) -> None:
    """Give joins that share parts one zero point, and each part its finest rounding."""
    parts = [part for join in joins for part in join.once.items()]
    finest = dict(sorted(parts, key=lambda part: part[1].scale, reverse=True))
    zero_points = [each.zero_point for each in (*finest.values(), *(join.as_a_whole for join in joins))]
    zero_point = min(max(zero_points), STEPS - 1)
    for tensor, rounding in finest.items():
        graph.round(tensor, rounding.moved(zero_point))
    for join in joins:
        join.leave_to_others(finest)
        join.take_rounded_parts(zero_point)
