"""From samples to figures. Latencies are milliseconds, rates are per second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypedDict

from loadtest.recorder import Ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loadtest.recorder import Recorder, Sample

WINDOWS = 20


class Figures(TypedDict):
    """Latencies are of good answers; None where there is none. Rates count what ended within the time measured."""

    requests: int
    good: int
    errors: int
    sheds: int
    rps: float
    mean: float | None
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None
    shed_p99: float | None


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the nearest-rank percentile of sorted values: one that was really measured."""
    return values[max(0, math.ceil(part * len(values)) - 1)] if values else None


def figures(samples: Iterable[Sample], begin: float, end: float) -> Figures:
    """Condense; `begin` and `end` are the time measured, by the clock of the samples."""
    ends: dict[Ending, list[Sample]] = {ending: [] for ending in Ending}
    for sample in samples:
        ends[sample.ending].append(sample)
    good = sorted(sample.latency_ms for sample in ends[Ending.GOOD])
    shed = sorted(sample.latency_ms for sample in ends[Ending.SHED])
    within = sum(sample.ended <= end for sample in ends[Ending.GOOD])
    return Figures(
        requests=sum(map(len, ends.values())),
        good=len(good),
        errors=len(ends[Ending.ERROR]),
        sheds=len(shed),
        rps=round(within / (end - begin), 2),
        mean=_rounded(sum(good) / len(good)) if good else None,
        p50=_rounded(percentile(good, 0.50)),
        p95=_rounded(percentile(good, 0.95)),
        p99=_rounded(percentile(good, 0.99)),
        max=_rounded(good[-1]) if good else None,
        shed_p99=_rounded(percentile(shed, 0.99)),
    )


def measured(recorder: Recorder, begin: float, end: float) -> dict[str, Any]:
    """Return everything about the answers that a report holds."""
    everything = recorder.everything()
    return {
        "seconds": round(end - begin, 2),
        "total": figures(everything, begin, end),
        "missed": recorder.missed,
        "dropped": recorder.dropped,
        "requests": [
            {"name": key.name, "via": key.via, **figures(samples, begin, end)}
            for key, samples in sorted(recorder.samples.items())
        ],
        "messages": dict(recorder.messages.most_common()),
        "timeline": timeline(everything, begin, end),
    }


def timeline(samples: Iterable[Sample], begin: float, end: float) -> list[dict[str, Any]]:
    """Cut the time measured into windows of equal length, at least a second, by when requests started."""
    count = max(1, min(WINDOWS, int(end - begin)))
    width = (end - begin) / count
    windows: list[list[Sample]] = [[] for _ in range(count)]
    for sample in samples:
        windows[min(count - 1, int((sample.started - begin) / width))].append(sample)
    # By the start of the requests: a window's latency is what those who came then had to wait.
    return [
        {"second": round(index * width, 2), **figures(window, 0.0, width), "rps": round(_good(window) / width, 2)}
        for index, window in enumerate(windows)
    ]


def drift(windows: Sequence[dict[str, Any]]) -> float | None:
    """Return the median latency of the last quarter of a run as a multiple of that of the first one."""
    quarter = len(windows) // 4
    first = [window["p50"] for window in windows[:quarter] if window["p50"]]
    last = [window["p50"] for window in windows[len(windows) - quarter :] if window["p50"]]
    return round((sum(last) / len(last)) / (sum(first) / len(first)), 3) if first and last else None


def _good(samples: Iterable[Sample]) -> int:
    return sum(sample.ending is Ending.GOOD for sample in samples)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
