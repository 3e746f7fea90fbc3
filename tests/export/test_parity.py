"""The comparison must accept what rounding does to a ranking, and nothing else."""

import numpy as np
import pytest
from numpy.typing import NDArray

from export.parity import Difference, Tolerance, compare_candidates, compare_probabilities

Floats = NDArray[np.float32]
LIMIT, ANCHORS, CLASSES = 20, 50, 3


@pytest.fixture
def reference() -> Floats:
    rng = np.random.default_rng(0)
    boxes = rng.uniform(0, 640, (2, 4, ANCHORS))
    return np.concatenate([boxes, rng.uniform(0, 1, (2, CLASSES, ANCHORS))], axis=1).astype(np.float32)


def candidates(reference: Floats, limit: int = LIMIT) -> Floats:
    """Do what the graph does."""
    best, classes = reference[:, 4:].max(axis=1), reference[:, 4:].argmax(axis=1)
    order = np.argsort(-best, axis=1)[:, :limit]
    rows = np.concatenate([reference[:, :4], best[:, None], classes[:, None]], axis=1).transpose(0, 2, 1)
    return np.take_along_axis(rows, order[..., None], axis=1).astype(np.float32)


def passes(got: Floats, reference: Floats) -> bool:
    return compare_candidates(got, reference, LIMIT).within(Tolerance())


def test_equal_is_zero(reference: Floats) -> None:
    assert compare_candidates(candidates(reference), reference, LIMIT) == Difference(0.0, 0.0)


def test_fewer_anchors_than_candidates(reference: Floats) -> None:
    few = reference[:, :, :7]
    assert compare_candidates(candidates(few), few, LIMIT) == Difference(0.0, 0.0)
    assert not passes(candidates(few)[:, :6], few)


def test_the_largest_differences_are_reported(reference: Floats) -> None:
    got = candidates(reference)
    got[1, 3, 2] += 0.5
    got[0, 7, 4] += 0.001
    difference = compare_candidates(got, reference, LIMIT)
    assert difference.box_px == pytest.approx(0.5, rel=1e-3)
    assert difference.score == pytest.approx(0.001, rel=1e-3)


def test_ties_may_come_in_another_order(reference: Floats) -> None:
    reference[:, 4:, :10] = 0.99
    got = candidates(reference)
    got[:, :10] = got[:, 9::-1]
    assert passes(got, reference)


def test_tied_classes_may_be_swapped_and_others_not(reference: Floats) -> None:
    anchor = int(reference[0, 4:].max(axis=0).argmax())
    reference[0, 4:6, anchor], reference[0, 6, anchor] = 0.999, 0.5
    got = candidates(reference)
    got[0, 0, 5] = 1
    assert passes(got, reference)
    got[0, 0, 5] = 2
    assert not passes(got, reference)


def test_a_row_repeated_in_the_place_of_another_is_found(reference: Floats) -> None:
    got = candidates(reference)
    got[0, 5] = got[0, 4]
    assert not passes(got, reference)


def test_a_box_of_another_anchor_is_found(reference: Floats) -> None:
    got = candidates(reference)
    got[0, [4, 5], :4] = got[0, [5, 4], :4]
    assert not passes(got, reference)


@pytest.mark.parametrize("column", range(6))
def test_not_a_number_is_found_in_every_column(reference: Floats, column: int) -> None:
    got = candidates(reference)
    got[0, 5, column] = np.nan
    assert not passes(got, reference)


@pytest.mark.parametrize("value", [-1.0, 0.5, CLASSES])
def test_a_class_that_does_not_exist_is_found(reference: Floats, value: float) -> None:
    got = candidates(reference)
    got[0, 5, 5] = value
    assert not passes(got, reference)


def test_probabilities() -> None:
    reference = np.full((2, 5), 0.2, np.float32)
    assert compare_probabilities(reference, reference) == Difference(0.0, 0.0)
    assert compare_probabilities(reference + np.float32(0.01), reference).score == pytest.approx(0.01, rel=1e-3)
    assert not compare_probabilities(reference[:1], reference).within(Tolerance())
    assert not compare_probabilities(reference * np.float32(np.nan), reference).within(Tolerance())


def test_a_tolerance_of_nothing_accepts_only_equality() -> None:
    assert Difference(0.0, 0.0).within(Tolerance().scaled(0))
    assert not Difference(1e-9, 0.0).within(Tolerance().scaled(0))


def test_a_share_leaves_out_the_worst_candidates_of_each_picture(reference: Floats) -> None:
    got = candidates(reference)
    got[0, 3, 0] += 40
    got[1, 5, 0] += 2
    every, most = (compare_candidates(got, reference, LIMIT, share=share).box_px for share in (1.0, 0.9))
    assert every > 1
    assert most < 0.01
    got[1, 6:8, 0] += 2
    assert compare_candidates(got, reference, LIMIT, share=0.9).box_px > 1, "three of twenty, in one picture"


def test_not_a_number_cannot_be_left_out(reference: Floats) -> None:
    got = candidates(reference)
    got[0, 5, 4] = np.nan
    assert not compare_candidates(got, reference, LIMIT, share=0.5).within(Tolerance(box_px=1000, score=1000))


def test_a_share_is_of_candidates_and_kept_when_a_tolerance_is_scaled() -> None:
    reference = np.full((1, 100), 0.01, np.float32)
    got = reference.copy()
    got[0, 7] = 0.5
    assert compare_probabilities(got, reference, share=0.9).score == pytest.approx(0.49, rel=1e-3)
    assert Tolerance(1, 0.1, share=0.9).scaled(2) == Tolerance(2, 0.2, share=0.9)
