"""Two runs side by side."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.loadtest.runs import command

if TYPE_CHECKING:
    from pathlib import Path


RATE = {"rps": 50, "p50": 20, "p95": 30, "p99": 40}
FIGURES = (*RATE, "errors %", "sheds %")


def report(folder: Path, via: str = "gateway", *, users: int = 8, missed: int = 0, **figures: Any) -> Path:
    """Write what `run` writes, as far as a comparison looks at it."""
    row: dict[str, Any] = {"requests": 100, "errors": 0, "sheds": 0, **RATE, **figures}
    summary = {
        "arguments": {"target": {}, "album": {}, "load": {"users": users}},
        "machine": {"cpu": "one"},
        "versions": {},
        "missed": missed,
        "dropped": 0,
        "total": row,
        "requests": [{"name": "detect", "via": via, **row}],
    }
    folder.mkdir()
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.mark.parametrize(
    ("change", "worse"),
    [
        ({}, set()),
        ({"p99": 43}, set()),
        ({"p99": 45}, {"p99"}),
        ({"p99": 20, "rps": 90}, set()),
        ({"rps": 44}, {"rps"}),
        ({"rps": 0}, {"rps"}),
        ({"errors": 12}, {"errors %"}),
        ({"sheds": 12}, {"sheds %"}),
        ({"errors": 9}, set()),
    ],
)
def test_what_got_worse_is_marked(change: dict[str, Any], worse: set[str], tmp_path: Path) -> None:
    before, after = report(tmp_path / "a"), report(tmp_path / "b", "gateway", **change)
    done = command("compare", before, after, "--fail-on-regression")
    marked = [line for line in done.stdout.splitlines() if line.endswith("WORSE")]
    assert {figure for figure in FIGURES if f"  {figure} " in str(marked)} == worse
    assert done.returncode == bool(worse)


def test_ratios_are_of_the_second_to_the_first(tmp_path: Path) -> None:
    done = command("compare", report(tmp_path / "a"), report(tmp_path / "b", p50=50), "--tolerance=200")
    line = next(line for line in done.stdout.splitlines() if line.startswith("detect (gateway)  p50"))
    assert line.split()[-3:] == ["20", "50", "2.50"]


def test_without_the_option_a_regression_is_only_marked(tmp_path: Path) -> None:
    done = command("compare", report(tmp_path / "a"), report(tmp_path / "b", p99=400))
    assert "WORSE" in done.stdout
    assert done.returncode == 0


def test_ways_are_compared_by_what_is_asked_for(tmp_path: Path) -> None:
    done = command("compare", report(tmp_path / "a"), report(tmp_path / "b", via="triton-grpc"))
    assert "detect (gateway → triton-grpc)" in done.stdout


def test_arrivals_that_were_missed_make_a_run_worse(tmp_path: Path) -> None:
    done = command("compare", report(tmp_path / "a"), report(tmp_path / "b", missed=50), "--fail-on-regression")
    assert done.returncode == 1


def test_what_else_differs_is_told(tmp_path: Path) -> None:
    done = command("compare", report(tmp_path / "a"), report(tmp_path / "b", users=32))
    assert "not the same: load.users: 8 → 32" in done.stdout


def test_what_is_no_report_is_told(tmp_path: Path) -> None:
    done = command("compare", tmp_path, tmp_path)
    assert done.returncode == 2
    assert "is no summary of a run" in done.stderr
    assert "Traceback" not in done.stderr
