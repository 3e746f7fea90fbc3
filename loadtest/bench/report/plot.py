"""The plot: throughput by system and number of clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib import pyplot as plt

from loadtest.bench.results import task_of

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from loadtest.bench.results import Results

TASKS = {"Detection, YOLOv8n": "detect", "Classification, ResNet50": "classify"}
BAR = 0.8
GAP = 1 - BAR
LONGEST_LINE = 30


def plot(results: Results, file: Path) -> None:
    """Draw horizontal bars, a colour for each number of clients and the range of the rounds as a line."""
    groups = {title: [name for name in _served(results) if task_of(name) == task] for title, task in TASKS.items()}
    groups = {title: names for title, names in groups.items() if names}
    if not groups:
        return
    heights = [len(names) for names in groups.values()]
    # The same run gives the same file.
    with plt.rc_context({"svg.hashsalt": "triton-vision"}):
        figure, axes = plt.subplots(
            len(groups),
            1,
            squeeze=False,
            figsize=(9, 1.2 + 0.6 * sum(heights)),
            height_ratios=heights,
            layout="constrained",
        )
        for axis, (title, names) in zip(axes.flat, groups.items(), strict=True):
            _bars(axis, results, names)
            axis.set_title(title)
        axes.flat[-1].set_xlabel("pictures per second, median of the rounds")
        axes.flat[0].legend(title="clients", loc="lower right")
        figure.savefig(file, metadata={"Date": None})
        plt.close(figure)


def _bars(axis: Axes, results: Results, names: list[str]) -> None:
    clients = results.options["clients"]
    for place, number in enumerate(clients):
        height = BAR / len(clients)
        positions = [row + place * height for row in range(len(names))]
        values = [results.throughput(name, number) or 0 for name in names]
        rates = [[sample.throughput for sample in results.of(name, number)] or [0.0] for name in names]
        spread = [
            [value - min(all_) for value, all_ in zip(values, rates, strict=True)],
            [max(all_) - value for value, all_ in zip(values, rates, strict=True)],
        ]
        axis.barh(positions, values, height, label=str(number), xerr=spread, error_kw={"linewidth": 0.8})
    # The middle of a group: its bars lie around their positions.
    middle = (BAR - BAR / len(clients)) / 2
    titles = [results.titles[name] for name in names]
    axis.set_yticks([row + middle for row in range(len(names))], [_label(title) for title in titles])
    for label, title in zip(axis.get_yticklabels(), titles, strict=True):
        label.set_fontweight("bold" if title.startswith("**") else "normal")
    edge = middle - BAR / 2 - GAP
    axis.set_ylim(len(names) + edge + GAP, edge)
    axis.grid(axis="x", alpha=0.3)


def _label(title: str) -> str:
    plain = title.strip("*")
    return plain if len(plain) <= LONGEST_LINE else plain.replace(", ", ",\n", 1)


def _served(results: Results) -> list[str]:
    return [name for name in results.names() if not name.startswith("echo-") and not results.of(name, 0)]
