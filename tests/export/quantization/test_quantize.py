"""Which layers become 8 bits."""

import pytest

from tests.export.quantization.quantizing import quantizing

QUANTIZE = """
from export.quantization.quantize import quantize
from export.quantization.scheme import Scheme
from tests.export.quantization.small_network import noise, small_network

exact = small_network()
before = exact.SerializeToString()
graph = quantize(exact, noise(4), Scheme(symmetric=False, ranges="largest", keep_first={keep_first})).graph
assert exact.SerializeToString() == before, "what is quantized stays as it was"
makers = {{name: node.op_type for node in graph.node for name in node.output}}
print(*(node.name for node in graph.node if node.op_type == "Conv" and makers[node.input[0]] == "DequantizeLinear"))
"""


@pytest.mark.parametrize(("keep_first", "quantized"), [("False", ["conv0", "conv1"]), ("True", ["conv1"])])
def test_the_last_layer_is_kept_and_the_first_on_demand(keep_first: str, quantized: list[str]) -> None:
    assert quantizing(QUANTIZE.format(keep_first=keep_first)).split() == quantized
