from __future__ import annotations

from threading import Event, get_ident
from typing import TYPE_CHECKING

import pytest
from workers import Workers

from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

THREADS = 3


@pytest.fixture
def workers() -> Iterator[Workers]:
    workers = Workers(THREADS)
    yield workers
    workers.shutdown()


class Blocked:
    """A job that waits until it is let go."""

    def __init__(self, workers: Workers) -> None:
        self.begun, self.free, self.done = Event(), Event(), Event()
        self.thread = 0
        workers.begin(self)

    def __call__(self) -> None:
        self.thread = get_ident()
        self.begun.set()
        assert self.free.wait(PATIENCE)
        self.done.set()

    def finish(self) -> None:
        self.free.set()
        assert self.done.wait(PATIENCE)


def thread_of_a_job(workers: Workers) -> int:
    job = Blocked(workers)
    job.finish()
    return job.thread


def test_as_many_jobs_as_threads_are_done_at_a_time(workers: Workers) -> None:
    jobs = [Blocked(workers) for _ in range(THREADS + 2)]
    assert all(job.begun.wait(PATIENCE) for job in jobs[:THREADS])
    assert not any(job.begun.is_set() for job in jobs[THREADS:])
    assert len({job.thread for job in jobs[:THREADS]}) == THREADS
    for job in jobs:
        job.finish()


def test_who_waits_is_served_in_order(workers: Workers) -> None:
    jobs = [Blocked(workers) for _ in range(THREADS)]
    order: list[int] = []
    for number in range(20):
        workers.begin(lambda number=number: order.append(number))  # type: ignore[misc]
    jobs[0].finish()
    wait_until(lambda: len(order) == 20)
    assert order == list(range(20))
    for job in jobs[1:]:
        job.finish()


def test_the_thread_that_has_worked_last_works_next(workers: Workers) -> None:
    jobs = [Blocked(workers) for _ in range(THREADS)]
    assert all(job.begun.wait(PATIENCE) for job in jobs)
    for job in jobs:
        job.finish()
        # It is idle a moment after its job is done; several in a row tell it from threads that take turns.
        wait_until(lambda: {thread_of_a_job(workers) for _ in range(THREADS)} == {job.thread})  # noqa: B023


def test_what_is_begun_at_the_end_is_done_before_it() -> None:
    workers, done = Workers(1), []
    for number in range(50):
        workers.begin(lambda number=number: done.append(number))  # type: ignore[misc]
    workers.shutdown()
    assert done == list(range(50))
