"""What a run has found out, as it goes to JSON."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Sample:
    """One measurement of one row: seconds, pictures per second, CPU seconds per picture."""

    name: str
    clients: int
    """0 for rows without a server."""
    seconds: float
    latencies: list[float]
    statuses: Counter[int]
    client_cpu: float
    """CPU seconds of the client per second."""
    foreign_cpu: float
    """CPU seconds per second of processes that do not belong to the run, or taken away by the machine's host."""
    cpu_per_picture: dict[str, float] = field(default_factory=dict)
    triton: dict[str, dict[str, float]] = field(default_factory=dict)
    """Seconds per request of each model: queue, input, infer, output."""
    stages: dict[str, dict[str, float]] = field(default_factory=dict)
    """Seconds per request of each pipeline: decode, fit, engine, finish."""
    memory: int = 0
    """Bytes."""

    @property
    def throughput(self) -> float:
        return len(self.latencies) / self.seconds


def task_of(name: str) -> str:
    """Return the task of a row by its name."""
    return "classify" if name.startswith(("classify", "resnet50")) else "detect"


@dataclass
class Results:
    """All samples, and what was found beside them."""

    machine: dict[str, Any]
    options: dict[str, Any]
    titles: dict[str, str] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    agreement: dict[str, float] = field(default_factory=dict)
    accuracy: dict[str, float] = field(default_factory=dict)
    start_seconds: dict[str, list[float]] = field(default_factory=dict)

    def of(self, name: str, clients: int) -> list[Sample]:
        return [sample for sample in self.samples if (sample.name, sample.clients) == (name, clients)]

    def throughput(self, name: str, clients: int) -> float | None:
        """Return the median over the rounds, pictures per second."""
        found = self.of(name, clients)
        return median(sample.throughput for sample in found) if found else None

    def best(self, name: str, among: tuple[int, ...] = (8, 32)) -> float | None:
        """Return the better throughput of some numbers of clients."""
        return max((value for clients in among if (value := self.throughput(name, clients)) is not None), default=None)

    def latencies(self, name: str, clients: int) -> list[float]:
        return sorted(latency for sample in self.of(name, clients) for latency in sample.latencies)

    def percentile(self, name: str, clients: int, share: float) -> float | None:
        """Return the latency in seconds that this share of all rounds' answers kept."""
        found = self.latencies(name, clients)
        return found[min(int(len(found) * share), len(found) - 1)] if found else None

    def statuses(self, name: str, clients: int) -> Counter[int]:
        return sum((sample.statuses for sample in self.of(name, clients)), Counter())

    def cpu(self, name: str, clients: int) -> float:
        """Return the CPU seconds per picture, median over the rounds; 0 when there is none."""
        found = [sum(sample.cpu_per_picture.values()) for sample in self.of(name, clients)]
        return median(found) if found else 0.0

    def memory(self, name: str) -> int:
        """Return the peak in bytes."""
        return max((sample.memory for sample in self.samples if sample.name == name), default=0)

    def fastest(self, names: list[str]) -> str | None:
        """Return which of some rows without a server did most pictures per second."""
        return max(
            (name for name in names if self.of(name, 0)), key=lambda name: self.throughput(name, 0) or 0, default=None
        )

    def label(self, name: str) -> str:
        """Return what a reader should call a row, with its task, which several rows share a title over."""
        return f"{self.titles[name].strip('*')}, {task_of(name)}"

    def names(self) -> list[str]:
        return list(dict.fromkeys(sample.name for sample in self.samples))
