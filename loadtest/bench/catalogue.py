"""What can be measured of the stack: its engines and pipelines alone, and the stack itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from loadtest.bench import servers
from loadtest.bench.peers import classification_peers, detection_peers, python
from loadtest.bench.systems import THREADS_ALONE, Endpoint, Host, InProcess

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadtest.bench.systems import Models, Precision, Task, Transport

TASKS: tuple[Task, ...] = ("detect", "classify")
TRANSPORTS: tuple[tuple[Transport, str], ...] = (("http", "/predict"), ("grpc", "detect"))


def hosts(models: Models) -> list[Host]:
    """Return the stack in each precision, then its peers."""
    return [*_stacks(models), *detection_peers(models), *classification_peers(models)]


def calibrations(models: Models) -> list[Host]:
    """Return servers that do nothing, one for each transport."""
    return [_calibration(models, transport, target) for transport, target in TRANSPORTS]


def _calibration(models: Models, transport: Transport, target: str) -> Host:
    name = f"echo-{transport}"
    command = [python("bench"), "-m", "loadtest.bench.echo", "PORT", transport]
    start = partial(servers.program, command, {}, models.folder / f"logs/{name}.log", transport)
    return Host(name, start, (Endpoint(name, f"echo server, {transport}", "detect", transport, target),))


def _stacks(models: Models) -> list[Host]:
    return [
        Host(
            f"stack-{precision}",
            partial(servers.stack, repository, models.folder),
            tuple(endpoint for task in TASKS for endpoint in _of_stack(task, precision)),
            tuple(row for task in TASKS for row in _alone(models, task, precision)),
        )
        for precision, repository in models.repositories.items()
    ]


def _of_stack(task: Task, precision: Precision) -> tuple[Endpoint, Endpoint]:
    gateway, triton = f"**gateway, HTTP, {precision}**", f"Triton, gRPC, {precision}"
    return (
        Endpoint(f"{task}-gateway-{precision}", gateway, task, "http", f"/v1/{task}", precision),
        Endpoint(f"{task}-triton-{precision}", triton, task, "grpc", task, precision),
    )


def _alone(models: Models, task: Task, precision: Precision) -> Iterator[InProcess]:
    """Engine and pipeline alone, in every setting that may be the best one on this number of cores."""
    yield from _engines(models, task, precision)
    yield from _pipelines(models, task, precision)


def _engines(models: Models, task: Task, precision: Precision) -> Iterator[InProcess]:
    cores = models.cores
    for processes, threads, streams in sorted({(cores, 1, 1), (1, cores, 1), (1, cores, cores)}):
        title = f"engine alone, {precision}: {processes} processes, {threads} threads, {streams} streams each"
        name = f"{task}-engine-{precision}-{processes}x{threads}x{streams}"
        repository = models.repositories[precision]
        yield InProcess(name, title, task, "engine", repository, processes, threads, streams, precision)


def _pipelines(models: Models, task: Task, precision: Precision) -> Iterator[InProcess]:
    cores, repository = models.cores, models.repositories[precision]
    for processes, threads in sorted({(cores, 1), (cores + 1, 1), (1, cores)}):
        title = f"pipeline in-process, {precision}: {processes} processes, {threads} threads each"
        name = f"{task}-pipeline-{precision}-{processes}x{threads}"
        yield InProcess(name, title, task, "pipeline", repository, processes, threads, 1, precision)
    title = f"pipeline in-process, {precision}: 1 process, threads as in the stack for a picture that is alone"
    name = f"{task}-pipeline-{precision}-alone"
    yield InProcess(name, title, task, "pipeline", repository, 1, THREADS_ALONE, 1, precision)
