"""The page: ratios first, then the table, then what it cost and what to make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.bench.limits import remarks
from loadtest.bench.report.costs import costs
from loadtest.bench.targets import verdicts

if TYPE_CHECKING:
    from loadtest.bench.results import Results

MILLI = 1e3
BY_CPU = (
    "*By CPU time*: the other side's CPU seconds per picture ÷ ours, at 8 clients; what the ratio would be if both "
    "used the whole machine, whatever else runs on it."
)
AGREES = (
    "*Agrees*: of the certain boxes (confidence of at least 0.5) those that our pipeline in FP32 finds too, and the "
    "other way round; of the pictures those with the same best class. Squares are another picture than rectangles."
)
MEGA = 1e6


def markdown(results: Results, picture: str) -> str:
    """Return the whole page; `picture` is the file name of the plot."""
    parts = [
        "# Benchmarks\n\n" + _run(results),
        *_all_ratios(results),
        f"![pictures per second]({picture})",
        _table(results),
        _without_server(results),
        costs(results),
        _limits(results),
        _accuracy(results),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _run(results: Results) -> str:
    machine, options = results.machine, results.options
    lines = [
        "Written by `make bench`. Ratios within one run travel to other machines, absolute figures do not.\n",
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB",
        f"- {', '.join(machine['flags'])}; Linux {machine['kernel']}, Python {machine['python']}",
        *(f"- Versions, {name}: {versions}" for name, versions in machine["versions"].items()),
        f"- {options['pictures']} pictures, {options['rounds']} rounds, windows of {options['seconds']:g} s, medians",
        *_calibration(options.get("calibration")),
        "- Every server is started anew in each round; counting starts when each client has been served",
        *(["- **Interrupted**: the last rounds are missing or incomplete."] if options["interrupted"] else []),
    ]
    return "\n".join(lines)


def _calibration(told: dict[str, int] | None) -> list[str]:
    if told is None:
        return []
    pictures, known = told["pictures"], told["known"]
    which = {0: "none", pictures: "all"}.get(known, str(known))
    doubt = ": on others it may be less accurate" if known else ""
    where = f"{which} of them in the folders that it is measured on{doubt}"
    return [f"- int8 is calibrated on a folder of {pictures} pictures, {where}"]


def _all_ratios(results: Results) -> list[str]:
    """Return a section for each precision, and below the last one what is the same in all of them."""
    sections = [part for precision in results.options["precisions"] if (part := _ratios(results, precision))]
    return [*sections, BY_CPU] if sections else []


def _ratios(results: Results, precision: str) -> str:
    found = verdicts(results, precision)
    if not found:
        return ""
    lines = [
        f"## The stack in {precision}\n",
        "| ratio | measured | by CPU time | target | |",
        "|---|---:|---:|---:|---|",
    ]
    for one in found:
        sign = "≤" if one.at_most else "≥"
        what = one.what + (f" ({one.remark})" if one.remark else "")
        verdict = "met" if one.met else "**missed**"
        by_cpu = f"{one.by_cpu:.2f}" if one.by_cpu else ""
        lines.append(f"| {what} | {one.value:.2f} | {by_cpu} | {sign} {one.goal:g} | {verdict} |")
    return "\n".join(lines)


def _table(results: Results) -> str:
    head = [
        "| | clients | pictures/s (rounds) | p50 ms | p95 ms | p99 ms | refused, errors | memory MB | agrees |",
        "|---|" + "---:|" * 8,
    ]
    rows = [
        _row(results, name, clients)
        for name in results.names()
        for clients in results.options["clients"]
        if results.of(name, clients) and not name.startswith("echo-")
    ]
    return "\n".join(["## Servers\n", *head, *rows, f"\n{AGREES}"]) if rows else ""


def _row(results: Results, name: str, clients: int) -> str:
    rates = [sample.throughput for sample in results.of(name, clients)]
    times = [results.percentile(name, clients, share) for share in (0.5, 0.95, 0.99)]
    failed = sum(number for status, number in results.statuses(name, clients).items() if status != 200)  # noqa: PLR2004
    agrees = results.agreement.get(name)
    cells = [
        results.label(name),
        str(clients),
        f"{results.throughput(name, clients):.1f} ({min(rates):.1f} to {max(rates):.1f})",
        *("" if time is None else f"{time * MILLI:.0f}" for time in times),
        str(failed),
        f"{results.memory(name) / MEGA:.0f}",
        "" if agrees is None else f"{agrees:.1%}",
    ]
    return f"| {' | '.join(cells)} |"


def _without_server(results: Results) -> str:
    rows = [_alone(results, name) for name in results.names() if results.of(name, 0)]
    head = ["## Without any server\n", "| task | | pictures/s | p50 ms |", "|---|---|---:|---:|"]
    return "\n".join([*head, *rows]) if rows else ""


def _alone(results: Results, name: str) -> str:
    middle = (results.percentile(name, 0, 0.5) or 0) * MILLI
    task = name.partition("-")[0]
    return f"| {task} | {results.titles[name]} | {results.throughput(name, 0):.1f} | {middle:.1f} |"


def _limits(results: Results) -> str:
    found = remarks(results)
    text = "\n".join(f"- {line}" for line in found) if found else "Every figure was limited by its server."
    ceilings = [
        f"- {results.titles[sample.name]}, {sample.clients} clients: {sample.throughput:.0f}/s, "
        f"{sample.client_cpu / sample.throughput * MILLI:.2f} ms of client CPU per picture"
        for sample in results.samples
        if sample.name.startswith("echo-") and sample.latencies
    ]
    known = "What client and transport can do with the same requests and no work behind them:"
    return "\n\n".join(
        ["## Which figures to doubt", text, known, "\n".join(ceilings)],
    )


def _accuracy(results: Results) -> str:
    if not results.accuracy:
        return ""
    names = {"detect": "mAP50-95", "classify": "top-1"}
    rows = []
    for name, value in results.accuracy.items():
        task, _, precision = name.split("-")
        exact = results.accuracy.get(f"{task}-gateway-f32")
        lost = "" if precision == "f32" or exact is None else f"{value - exact:+.4f}"
        rows.append(f"| {results.label(name)} | {names[task]} | {value:.4f} | {lost} |")
    head = ["| | measure | value | against f32 |", "|---|---|---:|---:|"]
    return "\n".join(["## Accuracy, through the gateway\n", *head, *rows])
