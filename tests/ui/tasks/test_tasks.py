"""A task is asked and shown by its renderer; one that nobody knows works all the same."""

from __future__ import annotations

from ui.gateway.answers import Classifications, Detections, Envelope
from ui.pictures import Picture
from ui.tasks import known, task_of
from ui.tasks.detect import FLOOR

ENVELOPE = {
    "model": "m",
    "version": "1",
    "weights": "official",
    "image": {"width": 100, "height": 50},
    "inference_time_ms": 1,
    "request_id": "abc",
}
BOX = {"x_min": 10, "y_min": 5, "x_max": 20, "y_max": 10, "confidence": 0.5, "class_id": 0, "label": "person"}


def test_boxes_come_back_in_pixels_of_the_original() -> None:
    answer = Detections.model_validate({**ENVELOPE, "detections": [BOX]})
    original = Picture(b"", "image/jpeg", 1000, 501)
    rescaled = task_of("detect").rescaled(answer, original)
    assert isinstance(rescaled, Detections)
    box = rescaled.detections[0]
    assert (box.x_min, box.y_min, box.x_max, box.y_max) == (100, 50.1, 200, 100.2)
    assert (rescaled.image.width, rescaled.image.height) == (1000, 501)


def test_everything_the_confidence_slider_may_show_is_asked_for() -> None:
    task = task_of("detect")
    slider = next(control for control in task.controls if control.name == "confidence")
    assert slider.minimum == FLOOR
    assert task.asks({"confidence": 0.9, "iou": 0.5}) == {"confidence": FLOOR, "iou": 0.5}


def test_an_endpoint_asks_for_what_it_was_told() -> None:
    assert task_of("detect").typed({"confidence": 0.9, "iou": 0.5}) == {"confidence": 0.9, "iou": 0.5}
    assert task_of("classify").typed({"top_k": 3.0}) == {"top_k": 3}


def test_classes_are_shown() -> None:
    best = {"class_id": 3, "label": "cat", "confidence": 0.9}
    answer = Classifications.model_validate({**ENVELOPE, "classifications": [best]})
    assert task_of("classify").shows(answer) == {"classifications": [best]}


def test_a_task_that_nobody_knows_is_shown_as_it_is() -> None:
    task = task_of("pose_estimation")
    answer = Envelope.model_validate({**ENVELOPE, "keypoints": [[1, 2]]})
    assert task.title == "Pose estimation"
    assert task.name not in known()
    assert task.shows(answer) == {"raw": {"keypoints": [[1, 2]]}}
    assert task.asks({}) == {}
