"""Where the time goes: CPU time of each process, Triton's statistics of each model, the stages of each pipeline."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.bench.results import Results

MILLI = 1e3
# The number of clients at which a machine of few cores is busy but not crowded.
CLIENTS = 8
STAGES = ("queue", "decode", "fit", "engine", "finish")


def costs(results: Results) -> str:
    """Return the tables, or nothing where no server was loaded by eight clients."""
    names = [name for name in results.names() if results.of(name, CLIENTS) and not name.startswith("echo-")]
    if not names:
        return ""
    return "\n\n".join(
        part for part in (_cpu(results, names), _triton(results, names), _stages(results, names)) if part
    )


def _cpu(results: Results, names: list[str]) -> str:
    lines = [
        f"## CPU time per picture, ms, at {CLIENTS} clients\n",
        "| | all | cores ÷ all, pictures/s | of which | client |",
        "|---|---:|---:|---|---:|",
    ]
    for name in names:
        samples = results.of(name, CLIENTS)
        roles = sorted({role for sample in samples for role in sample.cpu_per_picture})
        cost = {role: median(sample.cpu_per_picture.get(role, 0) for sample in samples) * MILLI for role in roles}
        parts = ", ".join(f"{role} {value:.1f}" for role, value in cost.items() if value >= 0.05)  # noqa: PLR2004
        client = median(sample.client_cpu / sample.throughput if sample.latencies else 0 for sample in samples) * MILLI
        total = sum(cost.values())
        possible = results.machine["cores"] * MILLI / total if total else 0
        lines.append(f"| {results.label(name)} | {total:.1f} | {possible:.1f} | {parts} | {client:.2f} |")
    return "\n".join(lines)


def _triton(results: Results, names: list[str]) -> str:
    lines = [
        f"## Triton's statistics, ms per request, at {CLIENTS} clients\n",
        "`infer` of a model that works on several requests at a time ends when it can take another.\n",
        "| | model | queue | input | infer | output |",
        "|---|---|---:|---:|---:|---:|",
    ]
    head = len(lines)
    for name in names:
        samples = [sample for sample in results.of(name, CLIENTS) if sample.triton]
        for model in samples[0].triton if samples else ():
            parts = (
                median(sample.triton[model][part] for sample in samples if model in sample.triton) * MILLI
                for part in ("queue", "input", "infer", "output")
            )
            lines.append(f"| {results.label(name)} | {model} | {' | '.join(f'{part:.2f}' for part in parts)} |")
    return "\n".join(lines) if len(lines) > head else ""


def _stages(results: Results, names: list[str]) -> str:
    lines = [
        f"## Stages of the pipelines, ms per request, at {CLIENTS} clients\n",
        "Time that passed, not CPU time: `engine` holds the wait in its queue.\n",
        f"| | pipeline | {' | '.join(STAGES)} |",
        f"|---|---|{'---:|' * len(STAGES)}",
    ]
    head = len(lines)
    for name in names:
        samples = [sample for sample in results.of(name, CLIENTS) if sample.stages]
        for model in samples[0].stages if samples else ():
            parts = (
                median(sample.stages[model].get(stage, 0) for sample in samples if model in sample.stages) * MILLI
                for stage in STAGES
            )
            lines.append(f"| {results.label(name)} | {model} | {' | '.join(f'{part:.2f}' for part in parts)} |")
    return "\n".join(lines) if len(lines) > head else ""
