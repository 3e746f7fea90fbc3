import pytest

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded


def test_remaining_shrinks_from_what_was_given() -> None:
    assert 0.9 < Deadline.after(1).remaining() <= 1


def test_past_deadline() -> None:
    with pytest.raises(DeadlineExceeded):
        Deadline.after(-1).remaining()
