"""A repository with the pipeline `detect` and, in place of its engine, one that is slow or fails at will.

Both can be held up: the engine before it answers, the pipeline before it decodes a picture that it has taken.
"""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTANCES = 2  # of the pipeline; the engine has one
ENGINE = ROOT / "tests/model_repository/slow_engine.py"
ENGINE_CONFIG = """
name: "yolov8n"
backend: "python"
max_batch_size: 0
input [ { name: "images" data_type: TYPE_UINT8 dims: [ 1, -1, -1, 3 ] } ]
output [ { name: "candidates" data_type: TYPE_FP32 dims: [ 1, -1, 6 ] } ]
instance_group [ { kind: KIND_CPU count: 1 } ]
dynamic_batching {
  default_queue_policy {
    timeout_action: REJECT
    default_timeout_microseconds: 120000000
    allow_timeout_override: true
    max_queue_size: 2
  }
}
parameters [ { key: "weights" value: { string_value: "none" } } ]
"""
# Behind the pipeline's own decoding, in its file.
HELD_DECODING = """

import time
from pathlib import Path

HELD = Path(__file__).parents[1] / "held"
decode_at_once = decode


def decode(data):
    while HELD.exists():
        time.sleep(0.05)
    return decode_at_once(data)
"""


def write_repository(folder: Path) -> Path:
    """Write the models into a new folder and return it."""
    ignored = shutil.ignore_patterns("__pycache__", "labels.txt")
    shutil.copytree(ROOT / "model_repository/detect", folder / "detect", ignore=ignored)
    (folder / "detect/labels.txt").write_text("thing\n")
    (folder / "detect/config.pbtxt").write_text(asking("detect", INSTANCES))
    with (folder / "detect/1/decoding.py").open("a") as decoding:
        decoding.write(HELD_DECODING)
    (folder / "yolov8n/1").mkdir(parents=True)
    (folder / "yolov8n/config.pbtxt").write_text(ENGINE_CONFIG)
    shutil.copy(ENGINE, folder / "yolov8n/1/model.py")
    return folder


def asking(pipeline: str, instances: int) -> str:
    """Return a config of a pipeline with so many instances that ask their engine through Triton.

    The engine sees rectangles: the first pixel, which tells it what to do, is the picture's.
    """
    config = (ROOT / "model_repository" / pipeline / "configs/gpu.pbtxt").read_text()
    return re.sub(r"count: \d+", f"count: {instances}", config).replace('"square"', '"rectangle"')


@contextmanager
def held(repository: Path, model: str) -> Iterator[None]:
    """Hold up the engine or the pipeline for as long as the block lasts."""
    mark = repository / model / "held"
    mark.touch()
    try:
        yield
    finally:
        mark.unlink()
