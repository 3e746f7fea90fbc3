"""The names of what is measured: hosts are started and stopped, endpoints of a host are asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

Task = Literal["detect", "classify"]
Precision = Literal["f32", "bf16", "int8"]
Transport = Literal["http", "grpc"]
ENGINES: dict[Task, str] = {"detect": "yolov8n", "classify": "resnet50"}
# The most exact first, in the order in which they are measured and told.
PRECISIONS: tuple[Precision, ...] = ("f32", "bf16", "int8")
# Of a row without a server: as many threads as the repository's pipeline gives a picture that is alone.
THREADS_ALONE = 0


@dataclass(frozen=True)
class Running:
    """A started host: its processes, where its transports listen; where Triton tells of itself, if it has one."""

    roots: tuple[int, ...]
    addresses: dict[str, str]
    statistics_url: str | None = None
    metrics_url: str | None = None


@dataclass(frozen=True)
class Endpoint:
    """One row of the table that is asked over a transport; `target` is a URL's path or a Triton model."""

    name: str
    title: str
    task: Task
    transport: Transport
    target: str
    precision: Precision = "f32"
    square: bool = False


@dataclass(frozen=True)
class InProcess:
    """One row that needs no server: some equal worker processes."""

    name: str
    title: str
    task: Task
    what: Literal["engine", "pipeline"]
    repository: Path
    processes: int
    threads: int
    streams: int = 1
    precision: Precision = "f32"
    square: bool = False


@dataclass(frozen=True)
class Host:
    """Processes that are started together, and what they serve."""

    name: str
    start: Callable[[], AbstractContextManager[Running]]
    endpoints: tuple[Endpoint, ...]
    alone: tuple[InProcess, ...] = ()
    """What it is compared with that needs no server: measured in the same minutes, for a machine's pace changes."""

    @property
    def rows(self) -> list[Endpoint | InProcess]:
        return [*self.endpoints, *self.alone]


@dataclass(frozen=True)
class Models:
    """Where the models of the run lie."""

    repositories: Mapping[Precision, Path]
    """The stack's, for each precision."""
    peers: Path
    """The repository in FP32: the reference of all answers, and the classifier that peers load."""
    usual: Path
    """The detector's graph as ultralytics exports it."""
    checkpoint: Path
    """What ultralytics loads."""
    cores: int
    folder: Path
    """For logs."""
