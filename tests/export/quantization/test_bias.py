"""Biases that make up for rounding."""

from tests.export.quantization.quantizing import quantizing

COMPARE = """
import numpy as np
from export.quantization.bias import with_corrected_biases
from export.quantization.quantize import quantize
from export.quantization.scheme import Scheme
from export.runners import onnx_runtime
from tests.export.quantization.small_network import noise, small_network

exact, pictures = small_network(), noise(6)
rounded = quantize(exact, pictures, Scheme(symmetric=False, ranges="entropy"))
corrected = with_corrected_biases(exact, rounded, pictures)

def means(model):
    run = onnx_runtime(model.SerializeToString())
    return np.mean([run(picture).mean((0, 2, 3)) for picture in pictures], axis=0)

wanted = means(exact)
print(*(np.abs(means(model) / wanted - 1).max() for model in (rounded, corrected)))
"""


def test_a_network_is_right_on_average_again() -> None:
    rounded, corrected = map(float, quantizing(COMPARE).split())
    assert corrected < rounded / 4
