"""Two runs side by side: what changed, and what of it is for the worse."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Figure -> whether more of it is better.
FIGURES = {"rps": True, "p50": False, "p95": False, "p99": False, "errors %": False, "sheds %": False}
# Shares of nothing have no ratio: they are compared by difference, in percent points.
SHARES = {"errors %": "errors", "sheds %": "sheds"}


class Change(NamedTuple):
    """A figure in both runs; `ratio` is the second one's to the first one's, None where it says nothing."""

    request: str
    figure: str
    before: float
    after: float
    ratio: float | None
    worse: bool


def load(path: Path) -> dict[str, Any]:
    """Read a report's folder or its `summary.json`. Raises ValueError with what to do."""
    file = path / "summary.json" if path.is_dir() else path
    try:
        summary = json.loads(file.read_text(encoding="utf-8"))
        # What was never sent, or never answered, was load that was declined too.
        lost = summary["missed"] + summary["dropped"]
        for figure in ("requests", "sheds"):
            summary["total"][figure] += lost
        return dict(summary)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no summary of a run: give the folder that `run --output` wrote") from error


def changes(before: dict[str, Any], after: dict[str, Any], tolerance: float) -> list[Change]:
    """Compare; `tolerance` is the percentage (points, for shares) by which a figure may get worse."""
    pairs = [*_pairs(before["requests"], after["requests"]), ("all", before["total"], after["total"])]
    return [change for name, a, b in pairs for change in _changes(name, a, b, tolerance)]


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what else differs between the runs: such figures are to be compared with care."""
    given = (before["arguments"], after["arguments"])
    sections = [(f"{part}.", given[0][part], given[1][part]) for part in ("target", "album", "load")]
    sections += [("", before[part], after[part]) for part in ("machine", "versions")]
    return [
        f"{prefix}{name}: {old.get(name)} → {new[name]}"
        for prefix, old, new in sections
        for name in new
        if old.get(name) != new[name]
    ]


def table(found: list[Change]) -> str:
    rows = [("", "", "before", "after", "ratio", "")]
    for one in found:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        mark = "WORSE" if one.worse else ""
        rows.append((one.request, one.figure, f"{one.before:g}", f"{one.after:g}", ratio, mark))
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "\n".join(
        f"{row[0]:{widths[0]}}  {row[1]:{widths[1]}}{row[2]:>10}{row[3]:>10}{row[4]:>8}  {row[5]}".rstrip()
        for row in rows
    )


def _pairs(before: list[Any], after: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Pair what was asked for in the same way; what is left, such as gateway and Triton, by its name."""
    old = {(row["name"], row["via"]): row for row in before}
    new = {(row["name"], row["via"]): row for row in after}
    for name, via in old.keys() & new.keys():
        yield f"{name} ({via})", old.pop((name, via)), new.pop((name, via))
    for (name, via), row in old.items():
        for other in [other for other in new if other[0] == name]:
            yield f"{name} ({via} → {other[1]})", row, new[other]


def _changes(name: str, before: Any, after: Any, tolerance: float) -> Iterator[Change]:
    for figure, more_is_better in FIGURES.items():
        a, b = _value(before, figure), _value(after, figure)
        if a is None or b is None:
            continue
        if figure in SHARES:
            yield Change(name, figure, a, b, None, b - a > tolerance)
        elif a and b:
            worse = b < a * (1 - tolerance / 100) if more_is_better else b > a * (1 + tolerance / 100)
            yield Change(name, figure, a, b, b / a, worse)
        else:
            yield Change(name, figure, a, b, None, more_is_better and b < a)


def _value(row: Any, figure: str) -> float | None:
    if figure not in SHARES:
        return None if row[figure] is None else float(row[figure])
    return round(100 * row[SHARES[figure]] / row["requests"], 3) if row["requests"] else 0.0
