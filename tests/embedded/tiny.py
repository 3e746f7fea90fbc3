"""A tiny engine whose answers can be computed by hand, for either backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
name: "{name}"
backend: "{backend}"
default_model_filename: "model.onnx"
max_batch_size: 8
input [ {{ name: "images" data_type: TYPE_UINT8 dims: [ -1, 3 ] }} ]
output [ {{ name: "sums" data_type: TYPE_FP32 dims: [ 3 ] }} ]
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
{extra}
"""


def write_engine(repository: Path, name: str, backend: str, extra: str = "") -> Path:
    """Write a model that adds up rows: uint8 [N, rows, 3] -> FP32 [N, 3]."""
    folder = repository / name
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG.format(name=name, backend=backend, extra=extra))
    onnx.save(_graph(), str(folder / "1/model.onnx"))
    return folder


def _graph() -> onnx.ModelProto:
    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["floats", "axes"], ["sums"], keepdims=0),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "rows", 3])
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["N", 3])
    axes = numpy_helper.from_array(np.array([1], np.int64), "axes")
    graph = helper.make_graph(nodes, "sums", [images], [sums], [axes])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
