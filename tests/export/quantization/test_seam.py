"""The graph is cut behind its last weights, and is the same when it is joined again."""

import numpy as np
import onnx
import onnx.parser
import pytest
from onnx.reference import ReferenceEvaluator

from export.quantization.seam import join, split

# Two branches with weights, one of which also feeds the arithmetic behind them, which reads the input's size, too.
GRAPH = """
<ir_version: 10, opset_import: ["": 19]>
network (uint8[batch, 3, 4, 4] images) => (float[batch, 2, 5] best)
<float[2, 3, 1, 1] weights = {0.1, -0.2, 0.3, -0.4, 0.5, 0.6}, float hundred = {100.0}, int64[3] flat = {0, 2, -1},
 int64[1] five = {5}>
{
    pixels = Cast<to: int = 1>(images)
    shares = Div(pixels, hundred)
    left = Conv(shares, weights)
    curved = Sigmoid(left)
    right = Conv(shares, weights)
    sum = Add(curved, right)
    rows = Reshape(sum, flat)
    highest, index = TopK(rows, five)
    size = Shape<start: int = 2, end: int = 3>(images)
    height = Cast<to: int = 1>(size)
    best = Mul(highest, height)
}
"""


@pytest.fixture
def model() -> onnx.ModelProto:
    parsed = onnx.parser.parse_model(GRAPH)
    for number, node in enumerate(parsed.graph.node):
        node.name = f"node{number}"
    onnx.checker.check_model(parsed, full_check=True)
    return parsed


def operators(model: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_the_head_is_what_no_weights_depend_on(model: onnx.ModelProto) -> None:
    body, head = split(model)
    assert operators(body) == ["Cast", "Div", "Conv", "Conv", "Shape"]
    assert operators(head) == ["Sigmoid", "Add", "Reshape", "TopK", "Cast", "Mul"]
    seam = {"left", "right", "size"}
    assert {each.name for each in body.graph.output} == {each.name for each in head.graph.input} == seam


def test_joined_it_computes_the_same(model: onnx.ModelProto) -> None:
    images = np.random.default_rng(0).integers(0, 255, (3, 3, 4, 4), np.uint8)
    joined = join(split(model))
    onnx.checker.check_model(joined, full_check=True)
    assert sorted(operators(joined)) == sorted(operators(model))
    before, after = (ReferenceEvaluator(each).run(None, {"images": images}) for each in (model, joined))
    np.testing.assert_array_equal(after, before)
