import pytest
from PIL import Image

from gateway.drawing.canvas import Canvas
from gateway.drawing.palette import WARNING
from gateway.tasks import TASKS
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
