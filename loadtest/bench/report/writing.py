"""Write the three files of the report; each replaces its predecessor at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loadtest.bench.report.markdown import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from loadtest.bench.results import Results, Sample

NOTES = "<!-- notes: what stands below is written by hand and stays -->"


def write(results: Results, output: Path) -> str:
    """Write `output`.md, .json and .svg and return the Markdown; what people wrote below the notes' mark stays."""
    # Brings threads along, which nothing that starts processes should have.
    from loadtest.bench.report.plot import plot  # noqa: PLC0415

    output.parent.mkdir(parents=True, exist_ok=True)
    plot(results, output.with_suffix(".svg"))
    text = markdown(results, output.with_suffix(".svg").name)
    page = output.with_suffix(".md")
    notes = page.read_text("utf-8").partition(NOTES)[2] if page.exists() else "\n"
    _replace(page, f"{text}\n{NOTES}{notes}")
    _replace(output.with_suffix(".json"), json.dumps(as_json(results), indent=1, sort_keys=True) + "\n")
    return text


def as_json(results: Results) -> dict[str, Any]:
    """Return everything but single latencies, of which percentiles stay."""
    return {
        "machine": results.machine,
        "options": results.options,
        "agreement": results.agreement,
        "accuracy": results.accuracy,
        "start_seconds": results.start_seconds,
        "titles": results.titles,
        "samples": [_sample(sample) for sample in results.samples],
    }


def _sample(sample: Sample) -> dict[str, Any]:
    ordered = sorted(sample.latencies)
    shares = {f"p{share}_ms": round(ordered[len(ordered) * share // 100] * 1e3, 2) for share in (50, 95, 99) if ordered}
    told = {name: value for name, value in vars(sample).items() if name != "latencies"}
    return told | {"throughput": round(sample.throughput, 3), "answers": len(ordered), **shares}


def _replace(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(text, "utf-8")
    draft.replace(file)
