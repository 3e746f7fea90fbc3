"""A run that cannot go on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from loadtest.bench.__main__ import keep
from loadtest.bench.results import Results
from loadtest.bench.serving import answers
from loadtest.bench.systems import Endpoint, Running
from stack.supervisor import StackError

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing_there() -> None:
    gone = Running(roots=(), addresses={"http": "127.0.0.1:9"})
    answers(Endpoint("peer", "A peer", "detect", "http", "/predict"), gone, [__file__])


def stopped(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (nothing_there, 1),
        (partial(stopped, StackError("no port")), 1),
        (partial(stopped, OSError("disk full")), 1),
        (partial(stopped, KeyboardInterrupt()), 130),
    ],
)
def test_what_was_measured_before_is_kept_and_said_not_to_be_all(work: Callable[[], None], code: int) -> None:
    results = Results({}, {"interrupted": False})
    assert keep(results, work) == code
    assert results.options["interrupted"] is True


def test_a_run_that_ends_is_whole() -> None:
    results = Results({}, {"interrupted": False})
    assert keep(results, lambda: None) == 0
    assert results.options["interrupted"] is False
