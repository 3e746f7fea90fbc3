"""The run: rounds in which every system gets its turn, answers checked before anything is timed."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from loadtest.bench.limits import LARGEST_FOREIGN_SHARE
from loadtest.bench.serving import Load, answers, measure
from loadtest.bench.working import measure_workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from loadtest.bench.checks import Checks
    from loadtest.bench.options import Options
    from loadtest.bench.results import Results, Sample
    from loadtest.bench.systems import Endpoint, Host, Running

WARM_UP_ROUNDS = 3
WARM_UP = Load(clients=8, seconds=1.0)
OK = 200


class Run:
    """Measures systems and puts what it finds into `results`."""

    def __init__(self, options: Options, pictures: list[str], results: Results, checks: Checks) -> None:
        self._options, self._pictures, self._results, self._checks = options, pictures, results, checks

    def hosts(self, hosts: list[Host], *, first: bool) -> None:
        """Give one host after the other its turn; in the first round the answers of its endpoints are checked."""
        for host in hosts:
            for system in host.alone:
                self._results.titles[system.name] = system.title
                self._keep(partial(measure_workers, system, self._pictures, self._options.seconds))
            if host.endpoints:
                self._host(host, first=first)

    def calibrate(self, hosts: list[Host]) -> None:
        """Measure servers that do nothing."""
        for host in hosts:
            with host.start() as running:
                for endpoint in host.endpoints:
                    self._results.titles[endpoint.name] = endpoint.title
                    self._measure(endpoint, running)

    def _host(self, host: Host, *, first: bool) -> None:
        began = time.monotonic()
        with host.start() as running:
            self._results.start_seconds.setdefault(host.name, []).append(time.monotonic() - began)
            for endpoint in host.endpoints:
                self._results.titles[endpoint.name] = endpoint.title
                if first and endpoint.transport == "http":
                    self._checks.check(endpoint, running)
                self._warm_up(endpoint, running)
                self._measure(endpoint, running)

    def _warm_up(self, endpoint: Endpoint, running: Running) -> None:
        """Ask for every picture some times, so that no shape is met for the first time in a window."""
        if endpoint.transport == "grpc":
            # The same engines have just been warmed up over HTTP.
            measure(endpoint, running, self._pictures, WARM_UP)
            return
        for _ in range(WARM_UP_ROUNDS):
            answers(endpoint, running, self._pictures)

    def _measure(self, endpoint: Endpoint, running: Running) -> None:
        for clients in self._options.clients:
            load = Load(clients, self._options.seconds)
            self._keep(partial(measure, endpoint, running, self._pictures, load))

    def _keep(self, take: Callable[[], Sample]) -> None:
        """Keep a sample; one that others disturbed is taken again, and the least disturbed one is kept."""
        sample = take()
        for _ in range(self._options.patience):
            if sample.foreign_cpu / self._results.machine["cores"] <= LARGEST_FOREIGN_SHARE:
                break
            sample = min(sample, take(), key=lambda one: one.foreign_cpu)
        self._results.samples.append(sample)
        failed = {status: number for status, number in sample.statuses.items() if status != OK}
        clients = f"{sample.clients:4} clients" if sample.clients else " " * 12
        sys.stdout.write(
            f"  {sample.name:32}{clients} {sample.throughput:8.1f}/s   others {sample.foreign_cpu:.2f} cores"
            f"{f'   {failed}' if failed else ''}\n"
        )
        sys.stdout.flush()
