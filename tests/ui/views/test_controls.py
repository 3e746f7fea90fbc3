"""Where sliders go when the defaults of a model become known."""

from __future__ import annotations

import pytest

from ui.gateway.answers import Model
from ui.tasks import task_of
from ui.views.controls import moves

BEGAN = {"confidence": 0.25, "iou": 0.7}


def model(**defaults: float) -> Model:
    return Model(name="detect", task="detect", engine="e", version="1", weights="official", defaults=defaults)


@pytest.mark.parametrize(
    ("defaults", "said", "expected"),
    [
        ({"confidence": 0.4, "iou": 0.5}, BEGAN, {"confidence": 0.4, "iou": 0.5}),
        ({"confidence": 0.4}, BEGAN, {"confidence": 0.4}),
        ({"confidence": 0.4, "iou": 0.5}, {**BEGAN, "confidence": 0.9}, {"iou": 0.5}),
        (BEGAN, BEGAN, {}),
        ({"max_detections": 10}, BEGAN, {}),
    ],
)
def test_they_go_to_the_defaults_unless_a_visitor_has_moved_them_or_they_are_there(
    defaults: dict[str, float], said: dict[str, float], expected: dict[str, float]
) -> None:
    assert moves(task_of("detect"), model(**defaults), said) == expected


def test_without_a_model_they_stay() -> None:
    assert moves(task_of("detect"), None, BEGAN) == {}
