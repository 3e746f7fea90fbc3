"""Agreement: what counts as the same answer."""

from __future__ import annotations

from typing import Any

import pytest

from loadtest.bench.agreement import agreement, overlap


def box(left: float, confidence: float = 0.9, class_id: int = 0) -> dict[str, Any]:
    corners = {"x_min": left, "y_min": 0.0, "x_max": left + 100, "y_max": 100.0}
    return corners | {"confidence": confidence, "class_id": class_id}


def found(*boxes: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"detections": list(boxes)}]


def ranked(*pairs: tuple[int, float]) -> list[dict[str, Any]]:
    return [{"classifications": [{"class_id": class_id, "confidence": value} for class_id, value in pairs]}]


def test_the_overlap_of_two_boxes_is_shared_by_united_area() -> None:
    assert overlap(box(0), box(0)) == 1
    assert overlap(box(0), box(50)) == pytest.approx(1 / 3)
    assert overlap(box(0), box(200)) == 0


def test_a_moved_box_and_one_of_another_class_are_not_found_again() -> None:
    assert agreement("detect", found(box(0), box(300)), found(box(1), box(300))) == 1
    assert agreement("detect", found(box(0), box(300)), found(box(50), box(300))) == 0.5
    assert agreement("detect", found(box(0)), found(box(0, class_id=1))) == 0


def test_missing_and_additional_boxes_count_alike() -> None:
    assert agreement("detect", found(box(0), box(300)), found(box(0))) == pytest.approx(2 / 3)
    assert agreement("detect", found(box(0)), found(box(0), box(300))) == pytest.approx(2 / 3)


def test_boxes_near_the_threshold_may_come_and_go_but_not_vanish() -> None:
    assert agreement("detect", found(box(0), box(300, 0.3)), found(box(0))) == 1
    assert agreement("detect", found(box(0, 0.51)), found(box(0, 0.49))) == 1


def test_of_nearly_equal_classes_either_may_be_the_first() -> None:
    assert agreement("classify", ranked((1, 0.401), (2, 0.4)), ranked((2, 0.402), (1, 0.4))) == 1
    assert agreement("classify", ranked((1, 0.5), (2, 0.4)), ranked((2, 0.6), (1, 0.3))) == 0


def test_how_sure_a_side_is_does_not_matter_for_a_class() -> None:
    assert agreement("classify", ranked((1, 0.9), (2, 0.1)), ranked((1, 0.8), (2, 0.1))) == 1
