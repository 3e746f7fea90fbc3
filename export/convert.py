"""PyTorch -> ONNX."""

import io
import warnings
from collections.abc import Mapping
from pathlib import Path

import onnx
import onnxslim
import torch

from export.checkpoint import Checkpoint
from export.graph import annotate

OPSET = 18  # known to ONNX Runtime, OpenVINO and TensorRT alike, in all versions that Triton still ships


def convert(checkpoint: Checkpoint, properties: Mapping[str, str], target: Path) -> onnx.ModelProto:
    """Write the graph of `checkpoint.network` to `target` and return it.

    Traced, not compiled (`dynamo=True`): the graph has as many nodes, in a twentieth of the time and with one
    dependency less. Two pictures that are not square, so that no size is mistaken for a constant.
    """
    spec = checkpoint.spec
    height, width = (spec.image_size, spec.image_size) if spec.stride is None else (8 * spec.stride, 10 * spec.stride)
    pixels = torch.zeros((2, height, width, 3), dtype=torch.uint8)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that tracing is the older way, and what it assumes while it traces
        torch.onnx.export(
            checkpoint.network, (pixels,), file, dynamo=False, opset_version=OPSET,
            input_names=["images"], output_names=[checkpoint.output], dynamic_axes=checkpoint.dynamic_axes,
        )  # fmt: skip
    model: onnx.ModelProto = onnxslim.slim(onnx.load_from_string(file.getvalue()))
    annotate(model, properties)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, target)
    return model
