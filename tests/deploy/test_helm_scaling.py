"""Autoscaling and monitoring: the names in the chart, in the adapter's rules and in the programs are the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gateway.metrics import Metrics
from tests.deploy.charts import CHART, Manifest, chart, combination, component, merged, of_kind, render, selects
from tests.deploy.prometheus import promtool
from tests.deploy.rendering import rendered
from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Of Triton: docs/user_guide/metrics.md of its repository.
TRITON_SERIES = {"nv_inference_queue_duration_us", "nv_inference_request_success"}
# Of our pipelines: model_repository/detect/1/queue_times.py.
PIPELINE_SERIES = {"pipeline_queue_duration_us", "pipeline_queue_request_count"}


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    return render(combination("gpu"))


@pytest.fixture(scope="module")
def rules() -> dict[str, list[dict[str, Any]]]:
    values = yaml.safe_load((CHART / "files/prometheus-adapter-values.yaml").read_text())
    made: dict[str, list[dict[str, Any]]] = values["rules"]
    return made


def test_autoscalers_scale_what_is_there(manifests: list[Manifest]) -> None:
    deployments = of_kind(manifests, "Deployment")
    scalers = of_kind(manifests, "HorizontalPodAutoscaler")
    assert set(scalers) == {"triton", "gateway"}
    for part, made in scalers.items():
        assert made["apiVersion"] == "autoscaling/v2"
        assert made["spec"]["scaleTargetRef"]["name"] == deployments[part]["metadata"]["name"]
        # Otherwise every `helm upgrade` would set the number back.
        assert "replicas" not in deployments[part]["spec"]
    assert "replicas" in deployments["ui"]["spec"]


def test_the_adapter_makes_every_metric_that_is_asked_for(
    manifests: list[Manifest], rules: dict[str, list[dict[str, Any]]]
) -> None:
    asked: dict[str, set[str]] = {"Pods": set(), "External": set()}
    for made in of_kind(manifests, "HorizontalPodAutoscaler").values():
        for metric in made["spec"]["metrics"]:
            if metric["type"] in asked:
                asked[metric["type"]].add(metric[metric["type"].lower()]["metric"]["name"])
    assert asked == {
        "Pods": {rule["name"]["as"] for rule in rules["custom"]},
        "External": {rule["name"]["as"] for rule in rules["external"]},
    }


def test_the_series_exist(rules: dict[str, list[dict[str, Any]]]) -> None:
    ours = {family.name for family in Metrics().registry.collect()}
    for rule in (*rules["custom"], *rules["external"]):
        query = re.sub(r"\((\w+)\|(\w+)\)(\w+)", r"\1\3 \2\3", rule["seriesQuery"] + rule["metricsQuery"])
        names = set(re.findall(r"\b(?:gateway|nv|pipeline)_\w+", query))
        assert names
        assert names <= ours | TRITON_SERIES | PIPELINE_SERIES
    pipeline = (ROOT / "model_repository/detect/1/queue_times.py").read_text()
    assert all(f'"{name}"' in pipeline for name in PIPELINE_SERIES)


def test_promtool_takes_the_queries(rules: dict[str, list[dict[str, Any]]], tmp_path: Path) -> None:
    def filled(rule: dict[str, Any]) -> str:
        series = rule["seriesQuery"].partition("{")[0]
        words = {"Series": series, "LabelMatchers": 'namespace="vision",pod=~"a|b"', "GroupBy": "pod"}
        query: str = rule["metricsQuery"]
        for word, text in words.items():
            query = query.replace(f"<<.{word}>>", text)
        assert "<<" not in query
        return query

    recorded = [{"record": rule["name"]["as"], "expr": filled(rule)} for rule in (*rules["custom"], *rules["external"])]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "adapter", "rules": recorded}]}))
    result = promtool("check", "rules", "--lint=none", file)
    assert result.returncode == 0, result.stderr
    # The wait is told in seconds, per pod, of the fullest queue; without traffic it is nothing.
    series = {
        f'nv_inference_queue_duration_us{{namespace="vision",pod="{pod}",model="{model}",version="1"}}': f"0+{added}x20"
        for pod, model, added in (("a", "detect", 1e6), ("a", "yolov8n", 6e6), ("b", "detect", 0))
    }
    series['pipeline_queue_duration_us{namespace="vision",pod="a",model="detect"}'] = "0+29e6x20"
    series['pipeline_queue_request_count{namespace="vision",pod="a",model="detect"}'] = "0+60x20"
    series |= {
        f'nv_inference_request_success{{namespace="vision",pod="{pod}",model="{model}",version="1"}}': f"0+{added}x20"
        for pod, model, added in (("a", "detect", 600), ("a", "yolov8n", 60), ("b", "detect", 0))
    }
    case = {
        "rule_files": [str(file)],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "promql_expr_test": [
                    {
                        "expr": "triton_queue_seconds",
                        "eval_time": "10m",
                        "exp_samples": [
                            {"labels": 'triton_queue_seconds{pod="a"}', "value": 0.5},
                            {"labels": 'triton_queue_seconds{pod="b"}', "value": 0},
                        ],
                    }
                ],
            }
        ],
    }
    test = tmp_path / "test.yml"
    test.write_text(yaml.safe_dump(case))
    result = promtool("test", "rules", test)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_gateways_wait_is_found_by_the_label_of_their_service(manifests: list[Manifest]) -> None:
    triton = of_kind(manifests, "HorizontalPodAutoscaler")["triton"]["spec"]["metrics"]
    selector = next(one["external"]["metric"]["selector"] for one in triton if one["type"] == "External")
    services = [made["metadata"]["name"] for made in manifests if made["kind"] == "Service"]
    assert selector["matchLabels"]["service"] in services


def test_prometheus_finds_each_part_once(manifests: list[Manifest]) -> None:
    services = [made for made in manifests if made["kind"] == "Service"]
    monitors = of_kind(manifests, "ServiceMonitor")
    assert set(monitors) == {"triton", "gateway"}
    for part, made in monitors.items():
        found = [one for one in services if selects(made["spec"]["selector"]["matchLabels"], one["metadata"]["labels"])]
        assert [component(one) for one in found] == [part]
        endpoint = made["spec"]["endpoints"][0]
        assert endpoint["port"] in {port["name"] for port in found[0]["spec"]["ports"]}
        # The name that rules and dashboards ask for.
        assert {"targetLabel": "job", "replacement": part} in endpoint["relabelings"]
        assert made["metadata"]["labels"]["release"] == "prometheus"


def test_alerts_come_unchanged_but_for_the_address_of_their_runbooks() -> None:
    address = "https://runbooks.example.org/operations.md"
    manifests = render(merged(combination("gpu"), {"monitoring": {"rules": {"runbooksUrl": address}}}))
    files = {
        path.stem: yaml.safe_load(path.read_text().replace("{{ $externalLabels.runbooks }}", address))["groups"]
        for path in (ROOT / "deploy/prometheus/rules").iterdir()
    }
    assert address in str(files)
    assert "externalLabels" not in str(files)
    made = {one["metadata"]["name"]: one for one in manifests if one["kind"] == "PrometheusRule"}
    assert {name.rpartition("-")[2]: one["spec"]["groups"] for name, one in made.items()} == files
    for one in made.values():
        names = [group["name"] for group in one["spec"]["groups"]]
        # The operator keeps them by their names.
        assert len(set(names)) == len(names)


def test_a_triton_elsewhere_is_not_taken_for_one_that_is_down() -> None:
    names = {
        enabled: {
            rule["alert"]
            for made in render(merged(values, {"monitoring": {"rules": {"enabled": True}}}))
            if made["kind"] == "PrometheusRule"
            for group in made["spec"]["groups"]
            for rule in group["rules"]
            if "alert" in rule
        }
        for enabled, values in ((True, combination("gpu")), (False, combination("external")))
    }
    assert names[True] - names[False] == {"TritonDown"}
    assert names[False] < names[True]


def test_runbooks_are_in_one_place_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    ours = rendered(tmp_path, "observability")["services"]["prometheus"]["environment"]["RUNBOOKS_URL"]
    assert ours == chart().values["monitoring"]["rules"]["runbooksUrl"]


def test_dashboards_come_unchanged(manifests: list[Manifest]) -> None:
    data = of_kind(manifests, "ConfigMap")["monitoring"]["data"]
    files = {path.name: path.read_text() for path in (ROOT / "deploy/grafana/dashboards").glob("*.json")}
    assert data == files
