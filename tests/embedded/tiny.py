"""Tiny engines whose answers can be computed by hand, for either backend."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

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
    return _write(repository, name, backend, extra, _sums("images"))


def write_slow_engine(repository: Path, name: str, extra: str = "") -> Path:
    """Write one that does so by way of thirty GFLOP, for one picture at a time."""
    rows, columns, rounds = 512, 1024, 30
    steps = [f"step{number}" for number in range(rounds + 1)]
    nodes = [
        *_sums("images", "few"),
        helper.make_node("MatMul", ["few", "spread"], ["wide"]),
        helper.make_node("Tile", ["wide", "repeats"], [steps[0]]),
        *(helper.make_node("MatMul", [before, "same"], [after]) for before, after in pairwise(steps)),
        helper.make_node("ReduceMean", [steps[-1], "first"], ["one"], keepdims=1),
        helper.make_node("MatMul", ["one", "narrow"], ["sums"]),
    ]
    identity = np.eye(columns, dtype=np.float32)
    constants = {"spread": identity[:3], "narrow": identity[:, :3], "same": identity}
    return _write(
        repository, name, "openvino", extra, nodes,
        **constants, repeats=np.array([rows, 1], np.int64), first=np.array([0], np.int64),
    )  # fmt: skip


def write_fragile_engine(repository: Path, name: str, extra: str = "") -> Path:
    """Write one that fails when the number of rows is odd."""
    nodes = [
        helper.make_node("Reshape", ["images", "pairs"], ["paired"]),
        helper.make_node("Reshape", ["paired", "rows"], ["unpaired"]),
        *_sums("unpaired"),
    ]
    shapes = {"pairs": np.array([0, -1, 2, 3], np.int64), "rows": np.array([0, -1, 3], np.int64)}
    return _write(repository, name, "openvino", extra, nodes, **shapes)


def _sums(images: str, sums: str = "sums") -> list[onnx.NodeProto]:
    return [
        helper.make_node("Cast", [images], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["floats", "axes"], [sums], keepdims=0),
    ]


def _write(
    repository: Path,
    name: str,
    backend: str,
    extra: str,
    nodes: list[onnx.NodeProto],
    **constants: np.ndarray[Any, Any],
) -> Path:
    folder = repository / name
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG.format(name=name, backend=backend, extra=extra))
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "rows", 3])
    sums = helper.make_tensor_value_info("sums", TensorProto.FLOAT, ["N", 3])
    weights = {"axes": np.array([1], np.int64), **constants}
    initializers = [numpy_helper.from_array(value, key) for key, value in weights.items()]
    graph = helper.make_graph(nodes, "sums", [images], [sums], initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.save(model, str(folder / "1/model.onnx"))
    return folder
