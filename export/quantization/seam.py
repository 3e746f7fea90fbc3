"""Cut a graph in two behind its last layers with weights, and join it again.

Before the seam is nearly all the work, and it bears rounding. Behind it are TopK, softmax and the arithmetic on
coordinates: little work, but at 640 pixels FP16 knows halves of a pixel only. So the precision of a plan is that of the
first part; the second stays in FP32.

The converters could be told to leave nodes out. They then put a cast to FP16 and back between any two of these, and
TensorRT, which takes types as they are, would round there.
"""

from typing import NamedTuple

import onnx

WEIGHTED = frozenset({"Conv", "Gemm", "MatMul"})


class Halves(NamedTuple):
    """`body` takes the graph's inputs, `head` gives its outputs."""

    body: onnx.ModelProto
    head: onnx.ModelProto


def split(model: onnx.ModelProto) -> Halves:
    """Cut at every tensor that leads from a weighted layer, or one that such a layer depends on, to one of the rest.

    What reads an input of the graph is in the first part, too: the second knows only what the first hands on.
    """
    before = _ancestors_of_weights(model.graph) | _readers_of_inputs(model.graph)
    made_before = {name for index in before for name in model.graph.node[index].output}
    behind = [node for index, node in enumerate(model.graph.node) if index not in before]
    seam = list(dict.fromkeys(name for node in behind for name in node.input if name in made_before))
    extractor = onnx.utils.Extractor(onnx.shape_inference.infer_shapes(model))
    inputs, outputs = ([each.name for each in part] for part in (model.graph.input, model.graph.output))
    return Halves(extractor.extract_model(inputs, seam), extractor.extract_model(seam, outputs))


def join(halves: Halves) -> onnx.ModelProto:
    """Put the halves together; both must be of the same opset."""
    for half in halves:
        del half.graph.value_info[:]  # names in both would be refused
    halves.head.ir_version = halves.body.ir_version
    seam = [(each.name, each.name) for each in halves.body.graph.output]
    joined: onnx.ModelProto = onnx.compose.merge_models(*halves, io_map=seam)
    return joined


def _readers_of_inputs(graph: onnx.GraphProto) -> set[int]:
    inputs = {each.name for each in graph.input}
    return {index for index, node in enumerate(graph.node) if inputs.intersection(node.input)}


def _ancestors_of_weights(graph: onnx.GraphProto) -> set[int]:
    """Return the indices of all weighted layers and of what they depend on."""
    makers = {name: index for index, node in enumerate(graph.node) for name in node.output}
    found: set[int] = set()
    left = [index for index, node in enumerate(graph.node) if node.op_type in WEIGHTED]
    while left:
        index = left.pop()
        if index not in found:
            found.add(index)
            left += [makers[name] for name in graph.node[index].input if name in makers]
    return found
