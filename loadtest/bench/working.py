"""One measurement without a server: some equal worker processes do their work at the same time."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from loadtest.bench.children import Child
from loadtest.bench.precisions import engine_settings
from loadtest.bench.processes import machine_busy_seconds
from loadtest.bench.results import Sample

if TYPE_CHECKING:
    from loadtest.bench.systems import InProcess

# The environment of Triton's pipelines: the same NumPy, OpenCV, ONNX Runtime and OpenVINO.
PYTHON = ".venv/triton/bin/python"


def measure_workers(system: InProcess, pictures: list[str], seconds: float) -> Sample:
    """Let the workers warm up, start them at the same moment and add up what they did."""
    with ExitStack() as stack:
        workers = [stack.enter_context(_worker(system, pictures, seconds)) for _ in range(system.processes)]
        for worker in workers:
            worker.wait_for("ready")
        busy, stolen = machine_busy_seconds()
        began = time.perf_counter()
        for worker in workers:
            worker.say("go")
        outcomes = [worker.outcome() for worker in workers]
        elapsed = time.perf_counter() - began
        busy_after, stolen_after = machine_busy_seconds()
    latencies = [latency for outcome in outcomes for latency in outcome["latencies"]]
    cpu = sum(outcome["cpu_seconds"] for outcome in outcomes)
    return Sample(
        name=system.name,
        clients=0,
        seconds=max(outcome["seconds"] for outcome in outcomes),
        latencies=latencies,
        statuses=Counter({200: len(latencies)}),
        client_cpu=0.0,
        foreign_cpu=(max(busy_after - busy - cpu, 0.0) + stolen_after - stolen) / elapsed,
        cpu_per_picture={system.what: cpu / len(latencies)},
    )


def worker_answers(system: InProcess, pictures: list[str]) -> list[dict[str, Any]]:
    """Return a pipeline's answers, one for each picture."""
    with _worker(system, pictures, 0, "answers") as worker:
        answers: list[dict[str, Any]] = worker.outcome()
    return answers


def _worker(system: InProcess, pictures: list[str], seconds: float, what: str = "") -> Child:
    specification = {
        "repository": str(system.repository),
        "task": system.task,
        "what": what or system.what,
        **engine_settings(system.repository, system.task, system.precision, system.streams, system.threads),
        "square": system.square,
        "pictures": pictures,
        "seconds": seconds,
    }
    return Child(PYTHON, "loadtest.bench.worker", specification)
