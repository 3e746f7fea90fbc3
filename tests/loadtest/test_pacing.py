"""When requests start."""

from __future__ import annotations

import time
from itertools import repeat

import gevent
import pytest

from loadtest.pacing import Arrivals

GAP = 0.01


def test_a_request_is_timed_from_when_it_was_due_even_if_the_client_was_late() -> None:
    missed: list[float] = []
    arrivals = Arrivals(repeat(GAP), missed.append)
    users = [gevent.spawn(arrivals.next) for _ in range(5)]
    gevent.sleep(0)
    started = time.perf_counter()
    clock = gevent.spawn(arrivals.run)
    gevent.sleep(0)
    time.sleep(0.2)  # nothing is patched here: this stops everything, as a client does that has too much to do
    gevent.joinall(users)
    due = sorted(user.value - started for user in users)
    assert due == pytest.approx([GAP * number for number in range(1, 6)], abs=0.005)
    arrivals.end()
    clock.kill()


def test_at_the_end_nobody_waits_any_more() -> None:
    arrivals = Arrivals(repeat(GAP), lambda _: None)
    waiting = gevent.spawn(arrivals.next)
    gevent.sleep(0)
    arrivals.end()
    waiting.join(1)
    assert waiting.ready()
    assert waiting.value is None
    assert arrivals.next() is None


def test_the_user_who_was_busy_last_is_next() -> None:
    arrivals = Arrivals(repeat(GAP), lambda _: None)
    users = [gevent.spawn(arrivals.next) for _ in range(3)]
    gevent.sleep(0)
    clock = gevent.spawn(arrivals.run)
    users[2].join(1)
    assert [user.ready() for user in users] == [False, False, True]
    arrivals.end()
    clock.kill()
