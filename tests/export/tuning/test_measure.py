"""Counting what clients get, with pipelines that are slow in a known way."""

import threading
import time

import pytest

from export.errors import TuningError
from export.tuning.measure import measure

CLIENTS, PICTURES = 4, [b"a", b"b"]


class Late:
    """Keeps everybody waiting at first, then answers in ten milliseconds."""

    def __init__(self, seconds: float) -> None:
        self._late, self._lock, self._asked = seconds, threading.Lock(), 0

    def ask(self, picture: bytes) -> None:  # noqa: ARG002 - any picture
        with self._lock:
            self._asked += 1
            late = self._asked <= len(PICTURES) + CLIENTS
        time.sleep(self._late if late else 0.01)


class Failing:
    def ask(self, picture: bytes) -> None:
        if picture == b"b":
            raise ValueError(picture)


def test_counting_begins_when_each_client_has_had_an_answer() -> None:
    measured = measure(Late(0.5), PICTURES, CLIENTS, seconds=0.5)
    assert measured.p99_ms < 400
    assert measured.throughput > CLIENTS / 0.05


def test_a_client_that_fails_ends_the_measurement() -> None:
    with pytest.raises(ValueError, match="b"):
        measure(Failing(), [b"a", b"a", b"b"], CLIENTS, seconds=60)


def test_a_window_too_short_for_an_answer_is_told() -> None:
    with pytest.raises(TuningError, match="measure for longer"):
        measure(Late(0.1), PICTURES, CLIENTS, seconds=0.001)
