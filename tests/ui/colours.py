"""A detector whose answers are known: it finds rectangles of pure colours. All around it is what is served for real.

With networks that are not trained nobody can say where a box belongs. This engine takes the place of one in the
model repository; decoding, fitting, suppression, gateway and page are those of the product.
"""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path


class Colour(NamedTuple):
    """What the engine knows: a class and how sure it is of it."""

    rgb: tuple[int, int, int]
    score: float


COLOURS = {
    "red": Colour((255, 0, 0), 0.95),
    "green": Colour((0, 255, 0), 0.80),
    "blue": Colour((0, 0, 255), 0.60),
    "yellow": Colour((255, 255, 0), 0.40),
    "magenta": Colour((255, 0, 255), 0.30),
    "cyan": Colour((0, 255, 255), 0.15),
}
WARM = {"red", "yellow", "magenta"}
TOLERANCE = 60.0
Box = tuple[int, int, int, int]

CONFIG = """
name: "{name}"
backend: "openvino"
default_model_filename: "model.onnx"
max_batch_size: 4
input [ {{ name: "images" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] }} ]
output [ {{ name: "candidates" data_type: TYPE_FP32 dims: [ -1, 6 ] }} ]
instance_group [ {{ kind: KIND_CPU count: 1 }} ]
parameters [
  {{ key: "task" value: {{ string_value: "detect" }} }},
  {{ key: "weights" value: {{ string_value: "colours" }} }},
  {{ key: "weights_file" value: {{ string_value: "{name}.onnx" }} }},
  {{ key: "weights_license" value: {{ string_value: "Apache-2.0" }} }},
  {{ key: "weights_sha256" value: {{ string_value: "{digest}" }} }}
]
"""


def picture(width: int, height: int, rectangles: dict[str, Box], form: str = "PNG") -> bytes:
    """Return a grey picture with a rectangle (x min, y min, x max, y max) for each colour that is named."""
    image = Image.new("RGB", (width, height), (96, 96, 96))
    for name, (left, top, right, bottom) in rectangles.items():
        ImageDraw.Draw(image).rectangle((left, top, right - 1, bottom - 1), COLOURS[name].rgb)
    file = io.BytesIO()
    image.save(file, form, **({"quality": 95, "subsampling": 0} if form == "JPEG" else {}))
    return file.getvalue()


def repository(target: Path, exported: Path) -> Path:
    """Write a model repository: `detect` knows all colours, `detect_warm` some; `classify` is as exported."""
    for model in ("classify", "resnet50"):
        (target / model).symlink_to(exported / model)
    for pipeline, engine, known in (("detect", "colours", set(COLOURS)), ("detect_warm", "warm_colours", WARM)):
        _write_pipeline(target / pipeline, exported / "detect", engine)
        _write_engine(target / engine, known)
    return target


def _write_pipeline(folder: Path, detect: Path, engine: str) -> None:
    shutil.copytree(detect, folder, ignore=shutil.ignore_patterns("__pycache__"))
    config = (folder / "config.pbtxt").read_text().replace('name: "detect"', f'name: "{folder.name}"')
    (folder / "config.pbtxt").write_text(config.replace('"yolov8n"', f'"{engine}"'))
    (folder / "labels.txt").write_text("\n".join(COLOURS))


def _write_engine(folder: Path, known: set[str]) -> None:
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(CONFIG.format(name=folder.name, digest="0" * 64))
    onnx.save(_graph(known), str(folder / "1/model.onnx"))


def _graph(known: set[str]) -> onnx.ModelProto:
    """uint8 [N, H, W, 3] -> candidates FP32 [N, colours, 6]: the extent of each colour, best first."""
    count = len(COLOURS)
    scores = [colour.score * (name in known) for name, colour in COLOURS.items()]
    constants: dict[str, np.ndarray[Any, Any]] = {
        "colours": np.array([c.rgb for c in COLOURS.values()], np.float32).reshape(1, count, 1, 1, 3),
        "tolerance": np.array(TOLERANCE, np.float32),
        "half": np.array(0.5, np.float32),
        "one": np.array(1, np.float32),
        "axis1": np.array([1], np.int64),
        "last": np.array([-1], np.int64),
        "scores": np.array(scores, np.float32).reshape(1, count),
        "classes": np.arange(count, dtype=np.float32).reshape(1, count),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        node("Unsqueeze", ["floats", "axis1"], ["pixels"]),
        node("Sub", ["pixels", "colours"], ["differences"]),
        node("Abs", ["differences"], ["distances"]),
        node("ReduceMax", ["distances"], ["distance"], axes=[-1], keepdims=0),
        node("Less", ["distance", "tolerance"], ["near"]),
        node("Cast", ["near"], ["mask"], to=TensorProto.FLOAT),
        node("ReduceMax", ["mask"], ["columns"], axes=[2], keepdims=0),
        node("ReduceMax", ["mask"], ["rows"], axes=[3], keepdims=0),
        node("ReduceMax", ["rows"], ["there"], axes=[2], keepdims=0),
        *_extent("columns", "x"),
        *_extent("rows", "y"),
        node("Mul", ["there", "scores"], ["score"]),
        node("Mul", ["there", "classes"], ["class"]),
        *(node("Unsqueeze", [name, "last"], [f"{name}_"]) for name in COLUMNS),
        node("Concat", [f"{name}_" for name in COLUMNS], ["candidates"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, ["N", "H", "W", 3])],
        [helper.make_tensor_value_info("candidates", TensorProto.FLOAT, ["N", count, 6])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


COLUMNS = ("x_center", "y_center", "x_size", "y_size", "score", "class")


def _extent(line: str, axis: str) -> list[onnx.NodeProto]:
    """Centre and size along one axis, from a line that is 1 where the colour is."""
    node = helper.make_node
    return [
        node("ArgMax", [line], [f"{axis}_first"], axis=2, keepdims=0),
        node("ArgMax", [line], [f"{axis}_last"], axis=2, keepdims=0, select_last_index=1),
        node("Cast", [f"{axis}_first"], [f"{axis}_min"], to=TensorProto.FLOAT),
        node("Cast", [f"{axis}_last"], [f"{axis}_end"], to=TensorProto.FLOAT),
        node("Add", [f"{axis}_end", "one"], [f"{axis}_max"]),
        node("Add", [f"{axis}_min", f"{axis}_max"], [f"{axis}_sum"]),
        node("Mul", [f"{axis}_sum", "half"], [f"{axis}_center"]),
        node("Sub", [f"{axis}_max", f"{axis}_min"], [f"{axis}_size"]),
    ]
