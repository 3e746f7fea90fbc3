"""One process of the engine or of the whole pipeline without any server, on the modules of Triton's pipelines.

Runs in the environment of Triton's pipelines: `python -m loadtest.bench.worker`, with a specification as JSON on stdin.
Says "ready" after a warm-up, waits for a line, works for some seconds, and writes the outcome.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import cv2

from loadtest.bench.tasks import PIPELINES


def main() -> None:
    specification = json.loads(sys.stdin.readline())
    cv2.setNumThreads(1)
    pipeline = PIPELINES[specification["task"]](specification)
    files = [Path(file).read_bytes() for file in specification["pictures"]]
    if specification["what"] == "answers":
        say(json.dumps([pipeline.answer(file) for file in files]))
        return
    engine = specification["what"] == "engine"
    work: list[Any] = [pipeline.prepare(file)[0] for file in files] if engine else files
    run = pipeline.run_engine if engine else pipeline.run
    if engine:
        pipeline.warm_up(work)
    # OpenVINO compiles each shape when it is first seen.
    run(work, len(work))
    say("ready")
    sys.stdin.readline()
    say(json.dumps(timed(run, work, specification["seconds"])))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def timed(run: Any, work: list[Any], seconds: float) -> dict[str, Any]:
    """Run rounds over the work until the time is over; latencies in seconds."""
    latencies: list[float] = []
    began, cpu = time.perf_counter(), _cpu_seconds()
    while (left := seconds - (time.perf_counter() - began)) > 0:
        latencies += run(work, None, left)
    elapsed = time.perf_counter() - began
    return {"seconds": elapsed, "cpu_seconds": _cpu_seconds() - cpu, "latencies": latencies}


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
