"""What stays of a run: `summary.json`, `report.html` and tables as CSV."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from locust.html import get_html_report
from locust.stats import PERCENTILES_TO_REPORT, StatsCSV

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = "summary.json"


def write(folder: Path, summary: dict[str, Any], environment: Any) -> None:
    """Write all of it. Locust's tables count failed requests in their latencies, ours (`timeline`) do not."""
    (folder / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    (folder / "report.html").write_text(get_html_report(environment, show_download_link=False), encoding="utf-8")
    tables = StatsCSV(environment, PERCENTILES_TO_REPORT)
    for name, write_table in (("requests", tables.requests_csv), ("failures", tables.failures_csv)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            write_table(csv.writer(file))
    with (folder / "timeline.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, fieldnames=summary["timeline"][0])
        rows.writeheader()
        rows.writerows(summary["timeline"])


def table(summary: dict[str, Any]) -> str:
    """Return the figures for people."""
    columns = ("good", "errors", "sheds", "rps", "p50", "p95", "p99", "max")
    rows: list[tuple[str, ...]] = [("", *columns)]
    named = [(f"{row['name']} ({row['via']})", row) for row in summary["requests"]]
    for name, row in named if len(named) == 1 else [*named, ("all", summary["total"])]:
        rows.append((name, *("-" if row[column] is None else f"{row[column]:g}" for column in columns)))
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{row[0]:{width}}" + "".join(f"{cell:>10}" for cell in row[1:]) for row in rows)
