"""Rules, dashboard and collector as files: parsed by the tools they are for, complete, and explained."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gateway.metrics import Metrics
from tests.deploy.observed import (
    CONFIG,
    DASHBOARD,
    DEPLOY,
    RULE_TESTS,
    RULES,
    Query,
    alerts,
    dashboard,
    dashboard_queries,
    metrics,
    rule_queries,
)
from tests.deploy.prometheus import promtool, running
from tests.repositories import ROOT
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPERATIONS = ROOT / "docs/operations.md"
# A section of the document: its heading, and what stands below it.
SECTION = re.compile(r"^### (\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
SEVERITIES = {"critical", "warning", "info"}


def runbooks() -> dict[str, str]:
    text = OPERATIONS.read_text()
    return dict(SECTION.findall(text[text.index("## Alerts") : text.index("## Sizing")]))


@pytest.mark.parametrize(
    "arguments", [("check", "config", CONFIG), ("check", "rules", *RULES)], ids=["configuration", "rules"]
)
def test_prometheus_takes_the_files(arguments: tuple[str | Path, ...]) -> None:
    result = promtool(*arguments)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("path", RULE_TESTS, ids=lambda path: path.stem)
def test_rules_fire_when_they_should(path: Path) -> None:
    result = promtool("test", "rules", path)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_wrong_expectation_of_a_rule_is_noticed(tmp_path: Path) -> None:
    path = next(path for path in RULE_TESTS if path.stem == "alerts")
    broken = path.read_text().replace("../rules", str(RULES[0].parent)).replace('severity="info"', 'severity="none"')
    (tmp_path / "broken.yml").write_text(broken)
    assert promtool("test", "rules", tmp_path / "broken.yml").returncode != 0


@pytest.mark.parametrize("name", alerts())
def test_every_alert_is_tested_both_ways(name: str) -> None:
    expectations = [expectation for path in RULE_TESTS for expectation in expected(path, name)]
    assert set(expectations) == {True, False}


def expected(path: Path, alert: str) -> Iterator[bool]:
    """Tell for each expectation of an alert whether it is to fire."""
    for test in yaml.safe_load(path.read_text())["tests"]:
        for entry in test.get("promql_expr_test", []):
            if entry["expr"] == f'ALERTS{{alertname="{alert}", alertstate="firing"}}':
                yield bool(entry["exp_samples"])
        for entry in test.get("alert_rule_test", []):
            if entry["alertname"] == alert:
                yield bool(entry["exp_alerts"])


@pytest.mark.parametrize("name", alerts())
def test_every_alert_says_how_grave_it_is_and_where_it_is_explained(name: str) -> None:
    alert = alerts()[name]
    assert alert["labels"]["severity"] in SEVERITIES
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"] == "{{ $externalLabels.runbooks }}#" + name.lower()


def test_the_address_of_the_runbooks_is_said_once(tmp_path: Path) -> None:
    config = yaml.safe_load(CONFIG.read_text())
    config["global"]["evaluation_interval"] = "1s"
    config["rule_files"] = [str(path) for path in RULES]
    # Nobody is scraped, so nobody is up.
    config["scrape_configs"] = []
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = "https://runbooks.example.org/operations.md"
    with running(tmp_path / "prometheus.yml", tmp_path, RUNBOOKS_URL=address) as prometheus:
        wait_until(lambda: len(prometheus.ask("alerts")["alerts"]) >= 2, lambda: str(prometheus.ask("rules")))
        pending = {one["labels"]["alertname"]: one["annotations"] for one in prometheus.ask("alerts")["alerts"]}
    assert pending["TritonDown"]["runbook_url"] == f"{address}#tritondown"
    assert pending["GatewayDown"]["runbook_url"] == f"{address}#gatewaydown"


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    assert set(runbooks()) == set(alerts())


@pytest.mark.parametrize("name", alerts())
def test_a_runbook_says_what_it_means_and_what_to_do(name: str) -> None:
    assert re.search(r"^\*\*Means\*\* .*^\*\*Do\*\* ", runbooks()[name], re.MULTILINE | re.DOTALL)
    assert alerts()[name]["labels"]["severity"] in runbooks()[name]


def test_links_within_the_runbooks_lead_somewhere() -> None:
    text = OPERATIONS.read_text()
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_query_of_the_dashboard_is_promql(tmp_path: Path) -> None:
    queries = dashboard_queries()
    assert len(queries) > 40
    rules = [{"record": f"dashboard:query{number}", "expr": query.expression} for number, query in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    result = promtool("check", "rules", path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(rules)} rules found" in result.stdout


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        (
            'sum by (model, le) (rate(a_total{model=~"x|y", z="b{c}"}[5m])) / on (model) group_left b:c:d > 14.4 * 1e3',
            {"a_total", "b:c:d"},
        ),
        ("max_over_time(sum(a)[10m:1m]) and on () b offset 1w or vector(0)", {"a", "b"}),
    ],
)
def test_names_of_metrics_are_found(expression: str, names: set[str]) -> None:
    assert metrics(expression) == names


@pytest.mark.parametrize("query", [*rule_queries(), *dashboard_queries()], ids=lambda query: query.place)
def test_only_metrics_of_the_gateway_are_asked_of_it(query: Query) -> None:
    known = {
        sample
        for family in Metrics().registry.collect()
        for suffix in ("", "_total", "_bucket", "_count", "_sum")
        for sample in [f"{family.name}{suffix}"]
    }
    assert {name for name in query.metrics if name.startswith("gateway_")} <= known


def test_every_metric_of_the_gateway_is_on_the_dashboard() -> None:
    shown = {name for query in dashboard_queries() for name in query.metrics}
    recorded = {name for query in rule_queries() if query.place in shown for name in query.metrics}
    for family in Metrics().registry.collect():
        assert any(name.startswith(family.name) for name in shown | recorded), family.name


def test_the_dashboard_is_in_one_piece() -> None:
    document = dashboard()
    identifiers = [panel["id"] for panel in document["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    taken: dict[tuple[int, int], str] = {}
    for panel in document["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for cell in (
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ):
            assert cell not in taken, f"{panel['title']} lies on {taken[cell]}"
            taken[cell] = panel["title"]
        assert panel["type"] == "row" or panel["description"]
        assert all(target["datasource"]["uid"] == "${datasource}" for target in panel.get("targets", []))


def test_what_is_provisioned_fits_together() -> None:
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
    provider = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/triton-vision.yml").read_text())["providers"][
        0
    ]
    config = yaml.safe_load(CONFIG.read_text())
    variable = next(entry for entry in dashboard()["templating"]["list"] if entry["name"] == "datasource")
    assert variable["current"]["value"] == source["uid"]
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
    assert json.loads(DASHBOARD.read_text())["uid"]


def test_jobs_have_the_names_that_alerts_ask_for() -> None:
    jobs = {job["job_name"] for job in yaml.safe_load(CONFIG.read_text())["scrape_configs"]}
    asked = {
        name
        for query in [*rule_queries(), *dashboard_queries()]
        for name in re.findall(r'job="(\w+)"', query.expression)
    }
    assert asked
    assert asked <= jobs


def merged(base: Any, other: Any) -> Any:
    """Merge as the collector does with several --config: maps by key, all else by the last one."""
    if not (isinstance(base, dict) and isinstance(other, dict)):
        return other
    return base | {key: merged(base.get(key), value) for key, value in other.items()}


@pytest.mark.parametrize("files", [["collector"], ["collector", "forward"]], ids="+".join)
def test_the_collector_uses_what_it_defines_and_defines_what_it_uses(files: list[str]) -> None:
    config: dict[str, Any] = {}
    for name in files:
        config = merged(config, yaml.safe_load((DEPLOY / f"otel/{name}.yaml").read_text()))
    assert set(config) == {"extensions", "receivers", "processors", "exporters", "service"}
    pipelines = config["service"]["pipelines"].values()
    for kind in ("receivers", "processors"):
        assert {part for pipeline in pipelines for part in pipeline[kind]} == set(config[kind])
    assert {part for pipeline in pipelines for part in pipeline["exporters"]} <= set(config["exporters"])
    assert set(config["service"]["extensions"]) == set(config["extensions"])
    for pipeline in pipelines:
        assert pipeline["processors"][0] == "memory_limiter"
        assert pipeline["processors"][-1] == "batch"


def test_the_collector_listens_where_it_is_looked_for() -> None:
    config = yaml.safe_load((DEPLOY / "otel/collector.yaml").read_text())
    protocols = config["receivers"]["otlp"]["protocols"]
    assert {name: protocol["endpoint"] for name, protocol in protocols.items()} == {
        "grpc": "0.0.0.0:4317",
        "http": "0.0.0.0:4318",
    }
    port = config["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"]["port"]
    scraped = next(
        job for job in yaml.safe_load(CONFIG.read_text())["scrape_configs"] if job["job_name"] == "otel-collector"
    )
    assert scraped["static_configs"][0]["targets"] == [f"otel-collector:{port}"]
