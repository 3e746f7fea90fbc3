"""An engine for `detect` whose answers tell a picture's colour, small enough to be run wherever a pipeline wants it."""

from __future__ import annotations

import re
import shutil
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """
name: "yolov8n"
backend: "openvino"
default_model_filename: "model.onnx"
max_batch_size: 8
input [ { name: "images" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } ]
output [ { name: "candidates" data_type: TYPE_FP32 dims: [ 1, 6 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
parameters [
  { key: "weights" value: { string_value: "none" } },
  { key: "LOAD_ON_FIRST_REQUEST" value: { string_value: "YES" } }
]
"""
SIDE, ROUNDS = 1024, 40
# The only size of the network's input, of those in the tests, whose pixels can be put into seven rows.
GOOD_HEIGHT = 448


def write_repository(folder: Path, *, backend: str = "onnxruntime", slow: bool = False) -> Path:
    """Write the pipeline of the checkout and the engine into a new folder and return it.

    The pipeline has the engine inside, run by `backend`, and by nothing else when a picture is alone.
    One candidate comes for a picture: its centre is (red, green), its width and height are blue, in pixels of what
    the network sees. With `slow` that takes eighty GFLOP; pictures that are not 10:7 then fail.
    """
    ignored = shutil.ignore_patterns("__pycache__", "labels.txt")
    shutil.copytree(ROOT / "model_repository/detect", folder / "detect", ignore=ignored)
    (folder / "detect/labels.txt").write_text("thing\n")
    for name, value in {"engine.backend": backend, "engine.alone": "0", "engine.warmup": ""}.items():
        set_parameter(folder, name, value)
    (folder / "yolov8n/1").mkdir(parents=True)
    (folder / "yolov8n/config.pbtxt").write_text(CONFIG)
    onnx.save(_graph(slow=slow), str(folder / "yolov8n/1/model.onnx"))
    return folder


def set_parameter(repository: Path, name: str, value: str) -> None:
    """Set a parameter that the pipeline's config has, or add it."""
    file = repository / "detect/config.pbtxt"
    entry = f'  {{ key: "{name}" value: {{ string_value: "{value}" }} }},\n'
    without = re.sub(rf'  {{ key: "{re.escape(name)}" .*\n', "", file.read_text())
    file.write_text(without.replace("parameters [\n", f"parameters [\n{entry}"))


def _graph(*, slow: bool) -> onnx.ModelProto:
    colour_to_box = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0]], np.float32)
    constants = {"axes": np.array([1, 2]), "box": colour_to_box, "score": np.eye(6, dtype=np.float32)[4]}
    nodes = []
    images = "images"
    if slow:
        steps = [f"step{number}" for number in range(ROUNDS + 1)]
        constants |= {"same": np.eye(SIDE, dtype=np.float32), "rows": np.array([0, 7, -1, 3]), "first": np.array([0])}
        constants |= {"zero": np.array(0, np.float32), "square": np.array([SIDE, SIDE])}
        nodes += [
            helper.make_node("Reshape", ["images", "rows"], ["seven"]),  # fails, or changes nothing
            helper.make_node("Cast", ["seven"], ["floating"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMax", ["floating"], ["brightest"], keepdims=0),
            helper.make_node("Expand", ["brightest", "square"], [steps[0]]),
            *(helper.make_node("MatMul", [before, "same"], [after]) for before, after in pairwise(steps)),
            helper.make_node("ReduceMax", [steps[-1]], ["again"], keepdims=0),
            helper.make_node("Mul", ["again", "zero"], ["nothing"]),
        ]
        images = "seven"
    nodes += [
        helper.make_node("Cast", [images], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["floats", "axes"], ["colour"], keepdims=0),  # a mean would be rounded
        helper.make_node("MatMul", ["colour", "box"], ["place"]),
        helper.make_node("Add", ["place", "score"], ["scored"]),
        *([helper.make_node("Add", ["scored", "nothing"], ["one"])] if slow else []),
        helper.make_node("Unsqueeze", ["one" if slow else "scored", "second"], ["candidates"]),
    ]
    constants["second"] = np.array([1])
    initializers = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(
        nodes,
        "colour",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "height", "width", 3])],
        [helper.make_tensor_value_info("candidates", TensorProto.FLOAT, ["N", 1, 6])],
        initializers,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
