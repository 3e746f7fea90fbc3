"""How many users there are, and when."""

from __future__ import annotations

import argparse

import pytest

from loadtest.options import seconds
from loadtest.settings import Load
from loadtest.shapes import users_at


def course(**load: object) -> list[int]:
    shape = Load(users=10, duration=100.0, **load)  # type: ignore[arg-type]
    return [users_at(shape, second) for second in (0, 2.5, 25, 39, 40, 59, 60, 99)]


def test_shapes() -> None:
    assert course(shape="steady") == [10] * 8
    assert course(shape="ramp") == [1, 1, 3, 4, 4, 6, 6, 10]
    assert course(shape="spike", peak=5.0) == [10, 10, 10, 10, 50, 50, 10, 10]
    assert course(shape="soak") == [1, 5, 10, 10, 10, 10, 10, 10]
    assert course(shape="open", max_in_flight=64) == [64] * 8


@pytest.mark.parametrize(("text", "expected"), [("30", 30), ("30s", 30), ("0.5s", 0.5), ("5m", 300), ("1h30m", 5400)])
def test_durations(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "5d", "-3s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="no duration"):
        seconds(text)
