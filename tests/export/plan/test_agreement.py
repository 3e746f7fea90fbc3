"""Agreement counts what a user would see: lost objects, invented ones, another class."""

import numpy as np
import pytest

from export.plan.agreement import Agreement, Detections, agree_on_classes, agree_on_detections


def found(*rows: tuple[float, float, float, float, float, int]) -> Detections:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5])


CAT = (10, 10, 110, 110, 0.9, 15)
DOG = (200, 200, 300, 300, 0.8, 16)


def agreement(got: Detections, reference: Detections) -> Agreement:
    return agree_on_detections([got], [reference])


def test_the_same_agrees_both_ways() -> None:
    assert agreement(found(CAT, DOG), found(CAT, DOG)) == Agreement(4, 4)


def test_lost_and_invented_objects_count() -> None:
    assert agreement(found(CAT), found(CAT, DOG)) == Agreement(2, 3)
    assert agreement(found(CAT, DOG), found(CAT)) == Agreement(2, 3)
    assert agreement(found(), found(CAT)) == Agreement(0, 1)


def test_another_class_or_place_is_another_object() -> None:
    assert agreement(found((*CAT[:5], 16)), found(CAT)).same == 0
    assert agreement(found((40, 10, 140, 110, 0.9, 15)), found(CAT)).same == 0
    assert agreement(found((15, 10, 115, 110, 0.9, 15)), found(CAT)) == Agreement(2, 2)


def test_a_score_on_the_border_is_no_disagreement() -> None:
    near = found((*CAT[:4], 0.24, 15))
    assert agreement(near, found((*CAT[:4], 0.26, 15))) == Agreement(1, 1)
    assert agreement(found((*CAT[:4], 0.1, 15)), found(CAT)) == Agreement(0, 1)


def test_one_box_cannot_confirm_two() -> None:
    twice = found(CAT, (11, 10, 111, 110, 0.8, 15))
    assert agreement(found(CAT), twice) == Agreement(2, 3)


def test_not_a_number_confirms_nothing() -> None:
    assert agreement(found((np.nan,) * 4 + (0.9, 15)), found(CAT)) == Agreement(0, 2)
    assert agreement(found((*CAT[:4], np.nan, 15)), found(CAT)) == Agreement(0, 1)


def test_pictures_add_up_and_nothing_proves_nothing() -> None:
    assert agree_on_detections([found(CAT), found()], [found(CAT), found(DOG)]) == Agreement(2, 3)
    assert agreement(found(), found()).share == 0
    with pytest.raises(ValueError, match="zip"):
        agree_on_detections([found()], [found(), found()])


def test_classes() -> None:
    reference = np.eye(3, dtype=np.float32)
    assert agree_on_classes(reference, reference) == Agreement(3, 3)
    assert agree_on_classes(reference[[1, 1, 2]], reference) == Agreement(2, 3)
    assert agree_on_classes(np.full_like(reference, np.nan), reference) == Agreement(0, 3)
