"""Bias correction: what rounding shifts on average is taken back.

The errors of 8 bits do not cancel out over a channel, and what is left of them, the next layers add up. A layer's bias
can undo it. Source: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
section 4.2, with the shift measured on pictures.
"""

from collections.abc import Collection, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime import GraphOptimizationLevel, InferenceSession, SessionOptions

from export.pixels import Pixels

# What the quantizer adds to the name of a tensor that is an output of the graph, too.
RENAMED = "_QuantizeLinear_Input"


def with_corrected_biases(
    exact: onnx.ModelProto, quantized: onnx.ModelProto, calibration: Sequence[Pixels]
) -> onnx.ModelProto:
    """Return the quantized graph with biases that make its convolutions right on average.

    Each is compared on the exact inputs: what the layers before it do wrong is theirs to correct.

    Args:
        exact: the FP32 graph
        quantized: made from it, with pairs of Q and DQ in front of its convolutions
        calibration: typical pictures, UINT8 [1, H, W, 3], which may be read one by one
    """
    layers = _quantized_convolutions(quantized.graph)
    shifts = _mean_shifts(_comparison(exact, quantized.graph, layers), calibration)
    corrected = onnx.ModelProto()
    corrected.CopyFrom(quantized)
    constants = {each.name: each for each in corrected.graph.initializer}
    for layer, shift in zip(layers, shifts, strict=True):
        bias = constants[layer.input[2]]
        bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) + shift, bias.name))
    return corrected


def _quantized_convolutions(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    dequantized = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    with_bias = 3
    return [
        node
        for node in graph.node
        if node.op_type == "Conv" and node.input[1] in dequantized and len(node.input) == with_bias
    ]


def _comparison(
    exact: onnx.ModelProto, quantized: onnx.GraphProto, layers: Sequence[onnx.NodeProto]
) -> onnx.ModelProto:
    """Return the exact graph, with the quantized layers beside its own, on the same inputs.

    Its outputs are, for each of them, exact minus quantized, mean over all pixels: FP32 [1, channels, 1, 1].
    """
    numbers = {name for node in exact.graph.node for name in node.output}
    copied = _since_rounding(quantized, layers, numbers)
    rounded = {name: f"rounded/{name}" for node in copied for name in node.output}
    comparison = onnx.ModelProto()
    comparison.CopyFrom(exact)
    graph = comparison.graph
    known = {each.name for each in graph.initializer}
    graph.initializer.extend(each for each in quantized.initializer if each.name not in known)
    for node in copied:
        copy = graph.node.add()
        copy.CopyFrom(node)
        copy.name = f"rounded/{node.name}"
        if _rounds(node, numbers):
            copy.input[0] = _exact_input(node)
        else:
            copy.input[:] = [rounded.get(name, name) for name in node.input]
        copy.output[:] = [rounded[name] for name in node.output]
    del graph.output[:]
    for name in (layer.output[0] for layer in layers):
        graph.node.append(helper.make_node("Sub", [name, rounded[name]], [f"error/{name}"]))
        graph.node.append(helper.make_node("GlobalAveragePool", [f"error/{name}"], [f"shift/{name}"]))
        graph.output.append(helper.make_empty_tensor_value_info(f"shift/{name}"))
    return comparison


def _since_rounding(
    graph: onnx.GraphProto, layers: Sequence[onnx.NodeProto], numbers: Collection[str]
) -> list[onnx.NodeProto]:
    """Return the layers and what leads to them from where exact numbers are rounded, in the order of the graph."""
    makers = {name: node for node in graph.node for name in node.output}
    names: set[str] = set()
    left = list(layers)
    while left:
        node = left.pop()
        if node.output[0] not in names:
            names.update(node.output)
            if not _rounds(node, numbers):
                left += [makers[name] for name in node.input if name in makers]
    return [node for node in graph.node if node.output[0] in names]


def _rounds(node: onnx.NodeProto, numbers: Collection[str]) -> bool:
    """Tell whether a node rounds one of the exact graph's tensors, not what was rounded before."""
    return node.op_type == "QuantizeLinear" and _exact_input(node) in numbers


def _exact_input(node: onnx.NodeProto) -> str:
    return node.input[0].removesuffix(RENAMED)


def _mean_shifts(comparison: onnx.ModelProto, calibration: Sequence[Pixels]) -> list[NDArray[np.float32]]:
    """Return the outputs, FP32 [channels], as means over the pictures."""
    options = SessionOptions()
    # As it is written: more would put the pairs elsewhere.
    options.graph_optimization_level = GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = InferenceSession(comparison.SerializeToString(), options, providers=["CPUExecutionProvider"])
    name = comparison.graph.input[0].name
    shifts = [session.run(None, {name: pixels}) for pixels in calibration]
    return [np.mean(each, axis=0).reshape(-1) for each in zip(*shifts, strict=True)]
