"""The ratios that this project promises, computed from one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.bench.results import Results

REFUSALS = {503, 504}
CLIENTS = 8


@dataclass(frozen=True)
class Verdict:
    """A ratio, what it should be, and whether it should be at least or at most that."""

    what: str
    value: float
    goal: float
    at_most: bool = False
    remark: str = ""
    by_cpu: float = 0.0
    """The same ratio of pictures per CPU second; 0 where there is none."""

    @property
    def met(self) -> bool:
        return self.value <= self.goal if self.at_most else self.value >= self.goal


def verdicts(results: Results, precision: str) -> list[Verdict]:
    """Compare the stack in one precision with its peers; what was not measured is left out."""
    gateway = f"detect-gateway-{precision}"
    found = [*_against_peers(results, gateway), *_against_pipeline(results, precision)]
    found += _classification(results, precision)
    if (many := results.throughput(gateway, 128)) and (best := results.best(gateway)):
        errors = {s: n for s, n in results.statuses(gateway, 128).items() if s != 200}  # noqa: PLR2004
        other = sum(number for status, number in errors.items() if status not in REFUSALS)
        remark = f"{sum(errors.values())} refused (503/504), {other} other errors"
        found.append(Verdict("throughput at 128 clients ÷ best", many / best, 0.95, remark=remark))
    if memory := results.memory(gateway):
        found.append(
            Verdict("memory of Triton, pipelines and gateway, both models, GB", memory / 1e9, 1.0, at_most=True)
        )
    if seconds := results.start_seconds.get(f"stack-{precision}"):
        found.append(Verdict("start to ready, s", min(seconds), 10.0, at_most=True))
    return found


def _against_peers(results: Results, gateway: str) -> list[Verdict]:
    goals = {"onnx-square": 3.0, "onnx-rectangle": 2.0, "ultralytics": 5.0, "litserve": 2.6}
    return [
        Verdict(
            f"detect: gateway ÷ {results.titles[peer]}", ours / theirs, goal, by_cpu=_by_cpu(results, gateway, peer)
        )
        for peer, goal in goals.items()
        if (ours := results.best(gateway)) and (theirs := results.best(peer))
    ]


def _by_cpu(results: Results, ours: str, theirs: str, their_clients: int = CLIENTS) -> float:
    cost = results.cpu(ours, CLIENTS)
    return results.cpu(theirs, their_clients) / cost if cost else 0.0


def _against_pipeline(results: Results, precision: str) -> list[Verdict]:
    gateway, cores = f"detect-gateway-{precision}", results.machine["cores"]
    found = []
    name = f"detect-pipeline-{precision}-{cores}x1"
    if (pipeline := results.throughput(name, 0)) and (ours := results.best(gateway)):
        what, by_cpu = "detect: gateway ÷ in-process pipeline, same engine settings", _by_cpu(results, gateway, name, 0)
        found.append(Verdict(what, ours / pipeline, 0.85, by_cpu=by_cpu))
    alone = results.percentile(f"detect-pipeline-{precision}-alone", 0, 0.5)
    if alone and (ours := results.percentile(gateway, 1, 0.5)):
        what = "detect: p50 at one client ÷ in-process pipeline, same engine settings"
        found.append(Verdict(what, ours / alone, 1.2, at_most=True))
    return found


def _classification(results: Results, precision: str) -> list[Verdict]:
    gateway = f"classify-gateway-{precision}"
    peers = {name: rate for name in ("resnet50-onnxruntime", "resnet50-openvino") if (rate := results.best(name))}
    ours, strongest = results.best(gateway), max(peers, key=lambda name: peers[name], default="")
    if not ours or not strongest:
        return []
    what = f"classify: gateway ÷ strongest FP32 peer, {results.titles[strongest]}"
    return [Verdict(what, ours / peers[strongest], 2.0, by_cpu=_by_cpu(results, gateway, strongest))]
