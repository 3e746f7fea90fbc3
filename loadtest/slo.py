"""Whether a run kept what was asked of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loadtest.settings import Limits


class Verdict(NamedTuple):
    """`value` is None when nothing could be measured: then it was not kept."""

    name: str
    value: float | None
    limit: float
    kept: bool

    def __str__(self) -> str:
        value = "nothing" if self.value is None else f"{self.value:g}"
        return f"{'kept  ' if self.kept else 'MISSED'} {self.name}: {value} (limit {self.limit:g})"


def judge(limits: Limits, measured: dict[str, Any]) -> list[Verdict]:
    """Return a verdict for each limit, and always one on whether there was a good answer at all."""
    return list(_verdicts(limits, measured))


def _verdicts(limits: Limits, measured: dict[str, Any]) -> Iterator[Verdict]:
    total = measured["total"]
    yield Verdict("good answers", total["good"], 1, total["good"] > 0)
    if limits.p99 is not None:
        yield Verdict("p99 ms", total["p99"], limits.p99, total["p99"] is not None and total["p99"] <= limits.p99)
    load = total["requests"] + measured["missed"] + measured["dropped"]
    if limits.errors is not None:
        yield _share("errors %", total["errors"], total["requests"], limits.errors)
    if limits.sheds is not None:
        yield _share("sheds %", load - total["good"] - total["errors"], load, limits.sheds)
    if limits.rps is not None:
        yield Verdict("good answers/s", total["rps"], limits.rps, total["rps"] >= limits.rps)


def _share(name: str, part: int, whole: int, limit: float) -> Verdict:
    percent = 100 * part / whole if whole else None
    return Verdict(name, percent, limit, percent is not None and percent <= limit)
