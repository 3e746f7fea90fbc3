import random
import struct

import pytest
from PIL import Image

from gateway.drawing.canvas import Canvas
from gateway.drawing.palette import WARNING
from gateway.tasks import TASKS
from gateway.tasks.base import rounded
from gateway.tasks.detection import DETECT, DetectAnswer

ANSWER: DetectAnswer = {
    "model": "yolov8n",
    "version": "1",
    "weights": "official",
    "image": {"width": 320, "height": 240},
    "inference_time_ms": 1.0,
    "request_id": "mine",
    "detections": [],
}


@pytest.mark.parametrize(("weights", "marked"), [("untrained", True), ("official", False), ("custom", False)])
def test_pictures_say_when_weights_are_untrained(weights: str, marked: bool) -> None:  # noqa: FBT001
    image = Image.new("RGB", (320, 240))
    answer: DetectAnswer = {**ANSWER, "weights": weights}
    DETECT.annotations(answer)(Canvas(image))
    colours = {shade for _, shade in image.getcolors(maxcolors=100_000) or []}
    assert (WARNING in colours) == marked


def test_tasks_are_known_by_their_names() -> None:
    assert set(TASKS) == {"detect", "classify"}


@pytest.mark.parametrize("digits", [3, 6, 12])
def test_rounding_is_that_of_python(digits: int) -> None:
    anything = random.Random(digits)
    drawn = [anything.uniform(-1, 1) * 10 ** anything.randint(-9, 9) for _ in range(10_000)]
    ties = [0.0625, 0.1875, 12.0625, 639.8125, 0.0009765625, 1e-45, 3.4e38]
    values = struct.unpack("<10007f", struct.pack("<10007f", *drawn, *ties))
    assert rounded(values, digits) == [round(value, digits) for value in values]
