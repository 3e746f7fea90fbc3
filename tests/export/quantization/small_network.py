"""A network of three convolutions, whose weights and inputs are such that 8 bits shift its means.

For the environment that quantizes.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CHANNELS = (3, 16, 16, 8)
SIDE = 32


def small_network() -> onnx.ModelProto:
    """Return it: UINT8 [1, 32, 32, 3] to FP32 [1, 8, 32, 32], with convolutions called conv0, conv1 and conv2."""
    rng = np.random.default_rng(0)
    constants = []
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["relu-1"], perm=[0, 3, 1, 2]),
    ]
    for layer, (before, after) in enumerate(pairwise(CHANNELS)):
        weights = rng.lognormal(-4, 2, (after, before, 3, 3)).astype(np.float32)
        constants += [
            numpy_helper.from_array(weights, f"weights{layer}"),
            numpy_helper.from_array(np.zeros(after, np.float32), f"bias{layer}"),
        ]
        inputs, name = [f"relu{layer - 1}", f"weights{layer}", f"bias{layer}"], f"conv{layer}"
        nodes += [
            helper.make_node("Conv", inputs, [name], name=name, pads=[1] * 4),
            helper.make_node("Relu", [name], [f"relu{layer}"]),
        ]
    graph = helper.make_graph(
        nodes[:-1],
        "small",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, SIDE, SIDE, CHANNELS[0]])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, CHANNELS[-1], SIDE, SIDE])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    return onnx.shape_inference.infer_shapes(model)


def noise(count: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, (1, SIDE, SIDE, CHANNELS[0]), np.uint8) for _ in range(count)]
