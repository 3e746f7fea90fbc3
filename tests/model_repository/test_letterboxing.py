from __future__ import annotations

import numpy as np
import pytest
from letterboxing import PADDING, Letterbox

from tests.model_repository.pictures import scene


@pytest.mark.parametrize(
    ("picture", "network"),
    [
        ((480, 640), (480, 640)),
        ((427, 640), (448, 640)),
        ((640, 427), (640, 448)),
        ((1080, 1920), (384, 640)),
        ((1080, 810), (640, 480)),
        ((3000, 4000), (480, 640)),
        ((1, 1), (640, 640)),
        ((1, 4000), (32, 640)),
        ((4000, 1), (640, 32)),
        ((20, 10), (640, 320)),
    ],
)
def test_the_longer_side_fills_and_the_shorter_is_padded(picture: tuple[int, int], network: tuple[int, int]) -> None:
    fitted, _ = Letterbox()(scene(*picture))
    assert fitted.shape == (1, *network, 3)
    assert fitted.dtype == np.uint8


def test_squares_are_squares() -> None:
    fitted, geometry = Letterbox(square=True)(scene(480, 640))
    assert fitted.shape == (1, 640, 640, 3)
    assert geometry.tolist() == [1, 1, 0, 80, 640, 480]
    assert (fitted[0, :80] == PADDING).all()
    assert (fitted[0, 560:] == PADDING).all()
    assert (fitted[0, 80:560] == scene(480, 640)).all()


def test_the_odd_pixel_of_padding_goes_below() -> None:
    fitted, geometry = Letterbox()(np.zeros((427, 640, 3), np.uint8))
    assert geometry[3] == 10
    assert (fitted[0, :10] == PADDING).all()
    assert (fitted[0, 10:437] == 0).all()
    assert (fitted[0, 437:] == PADDING).all()


def test_the_geometry_leads_back() -> None:
    _, (gain_x, gain_y, left, top, width, height) = Letterbox()(scene(1080, 1921))
    assert (width, height) == (1921, 1080)
    assert (1921 * gain_x + left, 1080 * gain_y + top) == pytest.approx((640, 372), abs=0.5)


SOME = ((480, 640), (640, 480), (384, 640), (640, 640))


@pytest.mark.parametrize(
    ("picture", "network"),
    [
        ((480, 640), (480, 640)),
        ((427, 640), (480, 640)),
        ((640, 427), (640, 480)),
        ((100, 640), (384, 640)),
        ((481, 640), (640, 640)),
        ((1, 1), (640, 640)),
    ],
)
def test_of_some_sizes_the_smallest_that_has_room_is_taken(picture: tuple[int, int], network: tuple[int, int]) -> None:
    fitted, _ = Letterbox(sizes=SOME)(scene(*picture))
    assert fitted.shape == (1, *network, 3)


@pytest.mark.parametrize("picture", [(427, 640), (640, 427), (100, 640), (1080, 1400)])
def test_what_is_added_for_that_lies_right_and_below(picture: tuple[int, int]) -> None:
    usual, geometry = Letterbox()(scene(*picture))
    fitted, the_same = Letterbox(sizes=SOME)(scene(*picture))
    _, height, width, _ = usual.shape
    assert fitted.size > usual.size
    assert (fitted[:, :height, :width] == usual).all()
    assert (fitted[:, height:] == PADDING).all()
    assert (fitted[:, :, width:] == PADDING).all()
    assert the_same.tolist() == geometry.tolist()


def test_squares_are_squares_among_some_sizes() -> None:
    fitted, _ = Letterbox(square=True, sizes=SOME)(scene(480, 640))
    assert fitted.shape == (1, 640, 640, 3)


def test_other_sizes() -> None:
    fitted, _ = Letterbox(size=320, stride=64)(scene(100, 300))
    assert fitted.shape == (1, 128, 320, 3)
