"""What everything has cost up to a moment; the difference of two readings is the cost of a window."""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from loadtest.bench.processes import cpu_by_role, machine_busy_seconds

if TYPE_CHECKING:
    from loadtest.bench.systems import Running

PARTS = {"queue": "queue", "input": "compute_input", "infer": "compute_infer", "output": "compute_output"}
NANO, MICRO = 1e-9, 1e-6
# What the pipelines tell of themselves (`stage_times.py`, `queue_times.py` in the model repository), in microseconds.
STAGE = re.compile(r'^pipeline_stage_duration_us\{model="(.+?)",stage="(.+?)"\} (\S+)$', re.MULTILINE)
QUEUE = re.compile(r'^pipeline_queue_duration_us\{model="(.+?)"\} (\S+)$', re.MULTILINE)


class Reading:
    """CPU times and Triton's statistics at a moment."""

    def __init__(self, running: Running) -> None:
        self.at = time.perf_counter()
        self.busy, self.stolen = machine_busy_seconds()
        self.cpu = cpu_by_role(running.roots)
        self.statistics = _statistics(running.statistics_url)
        self.stages = _stages(running.metrics_url)

    def triton_since(self, before: Reading) -> dict[str, dict[str, float]]:
        """Return the seconds that each model took per request, by part."""
        found = {}
        for name, now in self.statistics.items():
            then = before.statistics[name]
            if count := now["success"]["count"] - then["success"]["count"]:
                found[name] = {
                    part: (now[key]["ns"] - then[key]["ns"]) * NANO / count for part, key in PARTS.items()
                }  # fmt: skip
        return found

    def stages_since(self, before: Reading) -> dict[str, dict[str, float]]:
        """Return the seconds that each pipeline took per request, by stage; the wait in its own queue is one."""
        found: dict[str, dict[str, float]] = defaultdict(dict)
        for (model, stage), spent in self.stages.items():
            if count := self._count(model) - before._count(model):
                found[model][stage] = (spent - before.stages.get((model, stage), 0)) * MICRO / count
        return dict(found)

    def _count(self, model: str) -> int:
        return int(self.statistics[model]["success"]["count"])


def _statistics(url: str | None) -> dict[str, Any]:
    if url is None:
        return {}
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        return {model["name"]: model["inference_stats"] for model in json.load(answer)["model_stats"]}


def _stages(url: str | None) -> dict[tuple[str, str], float]:
    if url is None:
        return {}
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
        text = answer.read().decode()
    queues = {(model, "queue"): float(spent) for model, spent in QUEUE.findall(text)}
    return queues | {(model, stage): float(spent) for model, stage, spent in STAGE.findall(text)}
