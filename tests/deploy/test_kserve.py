"""The example for KServe: the same Triton as the chart's."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.deploy.charts import combination, merged, of_kind, render
from tests.deploy.kserve import problems
from tests.repositories import ROOT


@pytest.fixture(scope="module")
def parts() -> dict[str, dict[str, Any]]:
    text = (ROOT / "deploy/kserve/inferenceservice.yaml").read_text()
    return {part["kind"]: part for part in yaml.safe_load_all(text)}


MODELS = {"ServingRuntime": "V1alpha1ServingRuntime", "InferenceService": "V1beta1InferenceService"}


@pytest.mark.parametrize("kind", MODELS)
def test_kserve_knows_every_field(parts: dict[str, dict[str, Any]], kind: str) -> None:
    assert list(problems(parts[kind], MODELS[kind])) == []
    group, _, version = parts[kind]["apiVersion"].partition("/")
    assert group == "serving.kserve.io"
    assert MODELS[kind].lower().startswith(version)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"spec": {"predictor": {"model": {"storageUrl": "s3://m"}}}}, "/spec/predictor/model/storageUrl is unknown"),
        ({"spec": {"predictor": {"minReplicas": "1"}}}, "/spec/predictor/minReplicas is no int"),
        ({"spec": {"predictor": {"volumes": {}}}}, "/spec/predictor/volumes is no list[V1Volume]"),
        ({"spec": {"predictor": {"model": {"modelFormat": "triton"}}}}, "/modelFormat is no V1beta1ModelFormat"),
        ({"spec": {"predictor": {"model": {"resources": {"limit": {}}}}}}, "'limit' was unexpected"),
    ],
)
def test_a_wrong_field_would_be_noticed(parts: dict[str, dict[str, Any]], change: dict[str, Any], said: str) -> None:
    service = merged(parts["InferenceService"], change)
    assert any(said in problem for problem in problems(service, MODELS["InferenceService"]))


def test_a_missing_field_would_be_noticed(parts: dict[str, dict[str, Any]]) -> None:
    spec = {key: value for key, value in parts["ServingRuntime"]["spec"].items() if key != "containers"}
    found = list(problems(parts["ServingRuntime"] | {"spec": spec}, MODELS["ServingRuntime"]))
    assert found == ["/spec: Invalid value for `containers`, must not be `None`"]


def test_it_starts_triton_as_the_chart_does(parts: dict[str, dict[str, Any]]) -> None:
    theirs = parts["ServingRuntime"]["spec"]["containers"][0]
    ours = of_kind(render(combination("gpu")), "Deployment")["triton"]["spec"]["template"]["spec"]
    container = ours["containers"][0]
    assert theirs["image"] == container["image"]
    assert [*theirs["args"]] == [
        argument.replace("=/models/repository", "=/mnt/models") for argument in container["args"]
    ]
    assert theirs["securityContext"].items() >= container["securityContext"].items()
    writable = {mount["mountPath"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    assert {mount["mountPath"] for mount in theirs["volumeMounts"]} == writable
    predictor = parts["InferenceService"]["spec"]["predictor"]
    assert predictor["terminationGracePeriodSeconds"] == ours["terminationGracePeriodSeconds"]


def test_the_service_takes_this_runtime(parts: dict[str, dict[str, Any]]) -> None:
    model = parts["InferenceService"]["spec"]["predictor"]["model"]
    runtime = parts["ServingRuntime"]
    assert model["runtime"] == runtime["metadata"]["name"]
    formats = [{key: one[key] for key in ("name", "version")} for one in runtime["spec"]["supportedModelFormats"]]
    assert model["modelFormat"] in formats
    assert model["protocolVersion"] in runtime["spec"]["protocolVersions"]


def test_the_chart_can_use_it(parts: dict[str, dict[str, Any]]) -> None:
    ports = parts["ServingRuntime"]["spec"]["containers"][0]["ports"]
    host, _, port = combination("external")["triton"]["externalUrl"].partition(":")
    assert host.partition(".")[0] == f"{parts['InferenceService']['metadata']['name']}-predictor"
    # KServe gives the first port the number 80 and leaves the others as they are.
    assert int(port) in [one["containerPort"] for one in ports[1:]]
