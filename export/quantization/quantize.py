"""Explicit INT8: a pair of Q and DQ in front of every layer with weights, for whatever runtime fuses them.

Only what goes *into* such a layer is quantized, so that its activation function can be fused with it and works on what
it computed, not on 256 steps. Weights have a scale for each channel, and no zero point.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from export.pixels import Pixels
from export.quantization.scheme import Ranges, Scheme
from export.sandbox import silence

QUANTIZED = ("Conv", "Gemm")
PERCENTILE = 99.99

METHODS: Mapping[Ranges, CalibrationMethod] = {
    "largest": CalibrationMethod.MinMax,
    "entropy": CalibrationMethod.Entropy,
    "percentile": CalibrationMethod.Percentile,
}


def quantize(body: onnx.ModelProto, calibration: Sequence[Pixels], scheme: Scheme) -> onnx.ModelProto:
    """Return an FP32 graph with INT8 weights and quantized inputs of all layers with weights but some."""
    with TemporaryDirectory() as folder, _quiet():
        source, target = onnx.ModelProto(), Path(folder) / "quantized.onnx"
        source.CopyFrom(body)  # the quantizer moves the weights of what it is given into files
        activations = QuantType.QInt8 if scheme.symmetric else QuantType.QUInt8
        quantize_static(
            source, target, _Reader(body.graph.input[0].name, calibration), quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(QUANTIZED), per_channel=True, activation_type=activations,
            weight_type=QuantType.QInt8, nodes_to_exclude=_kept(body.graph, scheme),
            calibrate_method=METHODS[scheme.ranges],
            extra_options={
                "ActivationSymmetric": scheme.symmetric,
                "WeightSymmetric": True,
                "CalibPercentile": PERCENTILE,
                "CalibTensorRangeSymmetric": scheme.symmetric,
                "CalibStridedMinMax": 1,  # one picture after the other: all activations of all would not fit
                "QuantizeBias": False,  # runtimes add it before they round
                "OpTypesToExcludeOutputQuantization": list(QUANTIZED),
            },
        )  # fmt: skip
        return onnx.load(target)


def _kept(graph: onnx.GraphProto, scheme: Scheme) -> list[str]:
    """Name the layers that stay as they are: what the last ones round away, nothing can even out."""
    outputs = {each.name for each in graph.output}
    last = [node.name for node in graph.node if outputs.intersection(node.output)]
    first = next(node.name for node in graph.node if node.op_type in QUANTIZED)
    return [*last, first] if scheme.keep_first else last


class _Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime is not installed where types are checked
    """Feeds pictures to the quantizer."""

    def __init__(self, name: str, pictures: Sequence[Pixels]) -> None:
        self._name, self._pictures = name, pictures
        self.set_range(0, len(pictures))

    def __len__(self) -> int:
        return len(self._pictures)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._indices = iter(range(start_index, end_index))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        index = next(self._indices, None)
        return None if index is None else {self._name: self._pictures[index]}


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what the quantizer prints, and its advice to developers, which it gives through the root logger."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with silence():
            yield
    finally:
        logging.disable(before)
