"""Concatenations of parts that are rounded once."""

from tests.export.quantization.quantizing import quantizing

PROGRAM = """
import numpy as np, onnx, onnx.parser
from export.quantization.concatenations import with_parts_rounded_once
from export.quantization.quantize import quantize
from export.quantization.scheme import Scheme
from export.runners import onnx_runtime

# `first` is read by a convolution and joined, twice; `large` is joined only, and so is what is pooled and resized;
# `squeezed` is joined twice, with what is large and with what is small; `dead` is always zero: its steps tell nothing.
GRAPH = '''
<ir_version: 10, opset_import: ["": 19]>
network (uint8[1, 8, 8, 4] images) => (float[1, 4, 8, 8] answer)
<float hundred = {100.0}, float five = {5.0}, float[4] one_by_one = {1.0, 1.0, 0.5, 0.5},
 float[4] twice = {1.0, 1.0, 2.0, 2.0}, float[4] level = {-0.2, 0.3, -0.1, 0.4}>
{
    numbers = Cast<to: int = 1>(images)
    pixels = Transpose<perm: ints = [0, 3, 1, 2]>(numbers)
    shares = Div(pixels, hundred)
    conv0 = Conv(shares, weights0, level)
    gate = Sigmoid(conv0)
    first = Mul(conv0, gate)
    conv1 = Conv(first, weights1, level)
    squeezed = Sigmoid(conv1)
    large = Mul(conv1, five)
    small = Resize<mode: string = "nearest">(squeezed, , one_by_one)
    large_again = Resize<mode: string = "nearest">(small, , twice)
    pooled = MaxPool<kernel_shape: ints = [3, 3], pads: ints = [1, 1, 1, 1]>(large)
    all = Concat<axis: int = 1>(first, large, large_again, pooled)
    conv2 = Conv(all, weights2, level)
    high = Sigmoid(conv2)
    wide = Mul(high, five)
    both = Concat<axis: int = 1>(wide, first)
    conv3 = Conv(both, weights3, level)
    below = Neg(squeezed)
    dead = Relu(below)
    conv5 = Conv(dead, weights1, level)
    fine = Concat<axis: int = 1>(squeezed, gate, dead)
    conv4 = Conv(fine, weights4, level)
    sum = Sum(conv3, conv4, conv5)
    relu = Relu(sum)
    answer = Conv(relu, weights0, level)
}
'''
rng = np.random.default_rng(0)
exact = onnx.parser.parse_model(GRAPH)
for number, channels in enumerate((4, 4, 16, 8, 12)):
    weights = rng.normal(0, channels**-0.5, (4, channels, 1, 1)).astype(np.float32)
    if number == 2:
        weights[:, [*range(4, 8), *range(12, 16)]] /= 5  # what is large
    exact.graph.initializer.append(onnx.numpy_helper.from_array(weights, f"weights{number}"))
for node in exact.graph.node:
    node.name = node.output[0]
exact = onnx.shape_inference.infer_shapes(exact)
pictures = [rng.integers(0, 256, (1, 8, 8, 4), np.uint8) for _ in range(20)]
quantized = quantize(exact, pictures, Scheme(symmetric=False, ranges="largest"))
before = quantized.SerializeToString()
result = with_parts_rounded_once(exact, quantized)
assert quantized.SerializeToString() == before, "what is changed is a copy"
onnx.checker.check_model(result, full_check=True)
graph = result.graph
makers = {name: node for node in graph.node for name in node.output}
constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
"""

ERRORS = """
def error(model):
    run, wanted = onnx_runtime(model.SerializeToString()), onnx_runtime(exact.SerializeToString())
    return np.mean([np.abs(run(each) - wanted(each)).mean() / np.abs(wanted(each)).mean() for each in pictures])

print(error(quantized), error(result))
"""

ROUNDINGS = """
for node in graph.node:
    if node.op_type == "QuantizeLinear":
        print(node.input[0])
"""

STEPS = """
for node in graph.node:
    if node.op_type == "Concat":
        parts = [makers[name] for name in node.input]
        while moving := [each for each in parts if each.op_type in ("Resize", "MaxPool")]:
            parts = [each for each in parts if each not in moving] + [makers[each.input[0]] for each in moving]
        assert {each.op_type for each in parts} == {"DequantizeLinear"}
        print(len({(float(constants[each.input[1]]), int(constants[each.input[2]])) for each in parts}))
        assert len({makers[each.input[0]].input[0] for each in parts}) > 1, "of several tensors"
"""


def test_the_network_computes_what_it_computed() -> None:
    before, after = map(float, quantizing(PROGRAM + ERRORS).split())
    assert after < 1.5 * before
    assert after < 0.02


def test_a_tensor_is_rounded_once_but_where_its_steps_are_unlike_those_of_the_whole() -> None:
    rounded = quantizing(PROGRAM + ROUNDINGS).split()
    finer = ["first_DequantizeLinear_Output", "squeezed"]  # than what is large: for that concatenation alone
    coarser = ["dead_DequantizeLinear_Output"]
    assert sorted(rounded) == sorted(["dead", "first", "gate", "large", "shares", "squeezed", "wide", *finer, *coarser])


def test_what_is_joined_has_steps_of_one_size() -> None:
    assert quantizing(PROGRAM + STEPS).split() == ["1", "1", "1"]
