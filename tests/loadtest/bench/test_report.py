"""From samples to ratios and the page."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.bench.limits import remarks
from loadtest.bench.report.markdown import markdown
from loadtest.bench.report.writing import NOTES, as_json, write
from loadtest.bench.results import Results, Sample
from loadtest.bench.targets import verdicts

if TYPE_CHECKING:
    from pathlib import Path

MACHINE: dict[str, Any] = {
    "cpu": "A CPU", "flags": ["avx2"], "cores": 2, "memory_gib": 8, "kernel": "6", "python": "3.11", "versions": {},
}  # fmt: skip
OPTIONS: dict[str, Any] = {
    "pictures": 4, "rounds": 2, "interrupted": False, "seconds": 1.0, "clients": [1, 8], "precisions": ["f32"],
}  # fmt: skip


STAGES = {"detect": {"queue": 0.08, "decode": 0.002, "fit": 0.001, "engine": 0.03, "finish": 0.0005}}


def sample(name: str, clients: int, rate: int, latency: float = 0.1, **more: Any) -> Sample:
    values: dict[str, Any] = {"statuses": Counter({200: rate}), "client_cpu": 0.01, "foreign_cpu": 0.0} | more
    return Sample(name, clients, 1.0, [latency] * rate, **values)


@pytest.fixture
def results() -> Results:
    results = Results(dict(MACHINE), dict(OPTIONS))
    results.samples = [
        sample("echo-http", 8, 1000),
        sample("detect-gateway-f32", 1, 20, 0.05),
        sample("detect-gateway-f32", 8, 50, memory=900_000_000, cpu_per_picture={"gateway": 0.003}, stages=STAGES),
        sample("detect-gateway-f32", 8, 70),
        sample("onnx-square", 8, 20),
        sample("detect-pipeline-f32-2x1", 0, 64),
        sample("detect-pipeline-f32-alone", 0, 25, 0.04),
    ]
    results.titles = {name: name for name in results.names()}
    return results


def test_ratios_take_the_median_of_the_rounds(results: Results) -> None:
    found = {one.what: one for one in verdicts(results, "f32")}
    assert found["detect: gateway ÷ onnx-square"].value == pytest.approx(3.0)
    assert found["detect: gateway ÷ onnx-square"].met
    same = "detect: gateway ÷ in-process pipeline, same engine settings"
    assert found[same].value == pytest.approx(60 / 64)
    slow = "detect: p50 at one client ÷ in-process pipeline, same engine settings"
    assert found[slow].value == pytest.approx(1.25)
    assert not found[slow].met
    assert found["memory of Triton, pipelines and gateway, both models, GB"].value == pytest.approx(0.9)


def test_what_was_not_measured_is_not_judged(results: Results) -> None:
    assert verdicts(results, "bf16") == []


def test_a_figure_near_the_clients_own_limit_is_doubted(results: Results) -> None:
    assert remarks(results) == []
    results.samples.append(sample("litserve", 8, 600))
    results.titles["litserve"] = "LitServe"
    assert remarks(results) == [
        "LitServe, detect at 8 clients: 60% of what client and transport do without any work behind them"
    ]


@pytest.mark.parametrize(
    ("what", "told"), [("client_cpu", "the client took up to 40%"), ("foreign_cpu", "not part of the run")]
)
def test_a_disturbed_figure_is_doubted(results: Results, what: str, told: str) -> None:
    results.samples.append(sample("onnx-square", 8, 20, **{what: 0.8}))
    (remark,) = remarks(results)
    assert told in remark


def test_the_page_has_ratios_before_figures_and_names_the_machine(results: Results) -> None:
    page = markdown(results, "plot.svg")
    assert "A CPU, 2 cores" in page
    assert page.index("| ratio |") < page.index("## Servers")
    assert "| detect-gateway-f32, detect | 8 | 60.0 (50.0 to 70.0) | 100 |" in page
    assert "gateway 1.5" in page
    assert "| detect-gateway-f32, detect | detect | 80.00 | 2.00 | 1.00 | 30.00 | 0.50 |" in page


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (0, "300 pictures, none of them in the folders that it is measured on\n"),
        (12, "300 pictures, 12 of them in the folders that it is measured on: on others it may be less accurate\n"),
        (300, "300 pictures, all of them in the folders that it is measured on: on others it may be less accurate\n"),
    ],
)
def test_the_page_tells_whether_int8_was_calibrated_on_what_it_is_judged_by(
    results: Results, known: int, told: str
) -> None:
    assert "calibrated" not in markdown(results, "plot.svg")
    results.options["calibration"] = {"pictures": 300, "known": known}
    assert f"- int8 is calibrated on a folder of {told}" in markdown(results, "plot.svg")


@pytest.fixture
def three(results: Results) -> Results:
    """Return a run of every precision."""
    results.options["precisions"] = ["f32", "bf16", "int8"]
    results.samples += [sample(f"detect-gateway-{name}", 8, rate) for name, rate in (("bf16", 80), ("int8", 100))]
    results.titles = {name: name for name in results.names()}
    results.accuracy = {"detect-gateway-f32": 0.4403, "detect-gateway-int8": 0.43}
    return results


def test_every_precision_has_its_ratios_and_what_they_share_is_told_once(three: Results) -> None:
    page = markdown(three, "plot.svg")
    places = [page.index(f"## The stack in {name}\n") for name in ("f32", "bf16", "int8")]
    assert places == sorted(places)
    assert page.count("*By CPU time*") == 1
    assert page.index("*By CPU time*") > places[-1]
    assert "| detect: gateway ÷ onnx-square | 5.00 |" in page


def test_accuracy_is_told_with_what_it_lacks_of_f32(three: Results) -> None:
    assert "| detect-gateway-int8, detect | mAP50-95 | 0.4300 | -0.0103 |" in markdown(three, "plot.svg")
    del three.accuracy["detect-gateway-f32"]
    assert "| detect-gateway-int8, detect | mAP50-95 | 0.4300 |  |" in markdown(three, "plot.svg")


def test_an_interrupted_run_says_so(results: Results) -> None:
    results.options["interrupted"] = True
    assert "Interrupted" in markdown(results, "plot.svg")


def test_json_has_percentiles_instead_of_latencies(results: Results) -> None:
    first = json.loads(json.dumps(as_json(results)))["samples"][1]
    assert first["p50_ms"] == 50
    assert first["throughput"] == 20
    assert "latencies" not in first


def test_notes_on_the_page_outlive_the_next_run(results: Results, tmp_path: Path) -> None:
    write(results, tmp_path / "page")
    page = tmp_path / "page.md"
    page.write_text(page.read_text().replace(NOTES, f"{NOTES}\nby hand"))
    write(results, tmp_path / "page")
    assert page.read_text().endswith(f"{NOTES}\nby hand\n")
    assert (tmp_path / "page.svg").exists()
