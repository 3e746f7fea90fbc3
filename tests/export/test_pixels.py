"""Test pictures must be the same everywhere and unlike one another."""

import numpy as np
import pytest

from export.pixels import pictures


@pytest.mark.parametrize("size", [(64, 64), (480, 640), (32, 96)])
def test_shape_type_and_range(size: tuple[int, int]) -> None:
    made = pictures(2, *size)
    assert made.shape == (2, *size, 3)
    assert made.dtype == np.uint8
    assert made.max() - made.min() > 100


def test_seeded() -> None:
    assert np.array_equal(pictures(2, 64, 96), pictures(2, 64, 96))


def test_each_picture_is_another() -> None:
    first, second = pictures(2, 64, 64)
    assert not np.array_equal(first, second)


def test_structured_not_noise() -> None:
    (made,) = pictures(1, 256, 256).astype(float)
    assert np.abs(np.diff(made, axis=1)).mean() < 40  # independent noise of this range has 85
