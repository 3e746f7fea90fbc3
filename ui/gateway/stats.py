"""How the gateway is doing: `/v1/stats`, and what only `/metrics` tells, where that is public."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import Field

from ui.errors import Refused
from ui.gateway.answers import Answer
from ui.gateway.checking import checked
from ui.gateway.timing import Stage, Timing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ui.gateway.client import Gateway

STAGES = ("read", "queue", "infer", "draw")
# A sample of the text format, without exemplars and timestamps, which the gateway does not write.
_SAMPLE = re.compile(r'^(?P<name>\w+)\{(?P<label>\w+)="(?P<value>[^"]*)"\} (?P<number>\S+)$', re.MULTILINE)


class Triton(Answer):
    ready: bool
    version: str | None = None


class Stats(Answer):
    """Counts are since the start of the gateway; latencies are of its last pictures, throughput of ten seconds."""

    uptime_s: float = Field(ge=0)
    requests: float = 0
    answers: float = 0
    avg_latency_ms: float | None = None
    p50_latency_ms: float | None = None
    p95_latency_ms: float | None = None
    current_fps: float = 0
    in_flight: float = 0
    sheds: float = 0
    deadline_misses: float = 0
    gpu_available: bool = False
    gpu_usage_percent: float | None = None
    gpu_memory_used_mb: float | None = None
    gpu_memory_total_mb: float | None = None
    gpu_temperature_c: float | None = None
    triton: Triton


async def stats(gateway: Gateway) -> Stats:
    return checked(Stats, await gateway.request("GET", "/v1/stats"))


async def details(gateway: Gateway) -> tuple[dict[str, int], Timing]:
    """Return what was refused, by reason, and the mean time of each stage; nothing where metrics are not public."""
    try:
        text = (await gateway.request("GET", "/metrics", headers={"accept": "text/plain"})).text
    except Refused:
        return {}, Timing()
    refused = {reason: int(count) for reason, count in _samples(text, "gateway_shed_total", "reason") if count}
    return refused, _means(text)


def _means(text: str) -> Timing:
    sums = dict(_samples(text, "gateway_stage_duration_seconds_sum", "stage"))
    counts = dict(_samples(text, "gateway_stage_duration_seconds_count", "stage"))
    means = tuple(Stage(name, sums[name] / counts[name] * 1e3) for name in STAGES if counts.get(name))
    return Timing(means, sum(stage.milliseconds for stage in means))


def _samples(text: str, name: str, label: str) -> Iterator[tuple[str, float]]:
    for sample in _SAMPLE.finditer(text):
        if sample["name"] == name and sample["label"] == label:
            yield sample["value"], float(sample["number"])
