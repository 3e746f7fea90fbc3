"""Leads Locust's runner through a run: how many users when, from when to when results count, and a calm end."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Any

import gevent
from locust.stats import update_stats_history

from loadtest.progress import Progress
from loadtest.shapes import users_at

if TYPE_CHECKING:
    from types import FrameType

    from loadtest.settings import Load
    from loadtest.world import World

TICK_SECONDS = 0.1
HISTORY_POINTS = 200


class Conductor:
    """`begin` and `end` are the time measured; what is under way at the end is waited for."""

    def __init__(self, environment: Any, world: World, load: Load) -> None:
        self._environment = environment
        self._runner = environment.create_local_runner()
        self._world = world
        self._load = load
        self._users = 0
        self.begin = self.end = 0.0
        self.cpu_percent = 0.0
        self.interrupted = False

    def run(self) -> None:
        """Do it; Ctrl-C and SIGTERM end it early, what was measured stays."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)
        self._set_users(0.0)
        while self._runner.user_count < self._users:
            gevent.sleep(TICK_SECONDS / 10)
        started = time.perf_counter()
        self.begin = self._world.recorder.since = started + self._load.warmup
        progress = Progress(self._world.recorder, started, self._load.duration)
        helpers = [gevent.spawn(task) for task in (progress.run, self._keep_history, *self._arrivals())]
        self._lead(started)
        self.end = max(time.perf_counter(), self.begin + TICK_SECONDS)
        for arrivals in self._world.arrivals.values():
            arrivals.end()
        self._runner.stop()
        gevent.killall(helpers)
        progress.clear()
        update_stats_history(self._runner)

    def _lead(self, started: float) -> None:
        self._until(started + self._load.warmup, started)
        self._environment.stats.reset_all()
        cpu, wall = time.process_time(), time.perf_counter()
        self._until(started + self._load.duration, started)
        self.cpu_percent = round(100 * (time.process_time() - cpu) / (time.perf_counter() - wall), 1)

    def _until(self, end: float, started: float) -> None:
        while (now := time.perf_counter()) < end and not self.interrupted:
            self._set_users(now - started)
            gevent.sleep(min(TICK_SECONDS, end - now))

    def _set_users(self, second: float) -> None:
        wanted = users_at(self._load, second)
        if wanted != self._users:
            # All at once: the rate is for those who leave as well.
            self._runner.start(wanted, spawn_rate=max(wanted, self._users))
            self._users = wanted

    def _arrivals(self) -> list[Any]:
        return [arrivals.run for arrivals in self._world.arrivals.values()]

    def _keep_history(self) -> None:
        """For the charts of Locust's report."""
        while True:
            update_stats_history(self._runner)
            gevent.sleep(max(1.0, self._load.duration / HISTORY_POINTS))

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        """Only take note: an exception would be raised in whatever is running, some user's connection perhaps."""
        self.interrupted = True
        signal.signal(number, signal.SIG_DFL)  # who asks twice does not want to wait
