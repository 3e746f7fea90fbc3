"""When requests start."""

from __future__ import annotations

import time
from itertools import chain, pairwise, repeat

import gevent
import pytest

from loadtest.pacing import Arrivals
from tests.waiting import PATIENCE

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
    late = time.perf_counter()
    gevent.joinall(users)
    due = sorted(user.value for user in users)
    assert [then - before for before, then in pairwise(due)] == pytest.approx([GAP] * 4)
    assert started + GAP <= due[0] < due[-1] < late
    arrivals.end()
    clock.kill()


def test_at_the_end_nobody_waits_any_more() -> None:
    arrivals = Arrivals(repeat(GAP), lambda _: None)
    waiting = gevent.spawn(arrivals.next)
    gevent.sleep(0)
    arrivals.end()
    waiting.join(PATIENCE)
    assert waiting.ready()
    assert waiting.value is None
    assert arrivals.next() is None


def test_the_user_who_was_busy_last_is_next() -> None:
    arrivals = Arrivals(chain([GAP], repeat(2 * PATIENCE)), lambda _: None)
    users = [gevent.spawn(arrivals.next) for _ in range(3)]
    gevent.sleep(0)
    clock = gevent.spawn(arrivals.run)
    users[2].join(PATIENCE)
    assert [user.ready() for user in users] == [False, False, True]
    arrivals.end()
    clock.kill()
