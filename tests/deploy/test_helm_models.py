"""Where the chart's models are: written by the export, waited for and read by Triton."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy import charts
from tests.deploy.charts import combination, of_kind, render


def test_models_on_a_volume_are_waited_for_and_only_read() -> None:
    manifests = render(combination("cpu"))
    pod = of_kind(manifests, "Deployment")["triton"]["spec"]["template"]["spec"]
    claim = of_kind(manifests, "PersistentVolumeClaim")["export"]["metadata"]["name"]
    volume = next(one for one in pod["volumes"] if one["name"] == "models")
    assert volume["persistentVolumeClaim"] == {"claimName": claim, "readOnly": True}
    job = of_kind(manifests, "Job")["export"]["spec"]["template"]["spec"]
    written = next(one["value"] for one in job["containers"][0]["env"] if one["name"] == "MODEL_REPOSITORY")
    assert f"--model-repository={written}" in pod["containers"][0]["args"]
    assert f'[ -e "{written}/$file" ]' in pod["initContainers"][0]["command"][2]
    waited = {name for name in pod["initContainers"][0]["command"] if name.endswith((".pbtxt", ".txt"))}
    assert {name.partition("/")[0] for name in waited} == {"yolov8n", "resnet50", "detect", "classify"}
    assert job["volumes"][0]["persistentVolumeClaim"] == {"claimName": claim}


def test_the_repository_is_not_the_root_of_a_disk() -> None:
    # There a file system keeps folders of its own, and Triton does not start over a folder that is no model.
    _, container = charts.triton(combination("cpu"))
    root = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "models")
    assert f"--model-repository={root}/repository" in container["args"]
    # Whoever brings a claim may have laid it out otherwise.
    _, container = charts.triton(combination("bare"))
    assert f"--model-repository={root}" in container["args"]


def test_models_in_an_object_store() -> None:
    values = combination("everything")
    pod, container = charts.triton(values)
    assert f"--model-repository={values['modelRepository']['objectStore']['url']}" in container["args"]
    assert container["envFrom"] == [{"secretRef": {"name": "model-store"}}]
    assert {"name": "AWS_DEFAULT_REGION", "value": "eu-central-1"} in container["env"]
    assert "initContainers" not in pod
    assert not [volume for volume in pod["volumes"] if "persistentVolumeClaim" in volume]


@pytest.mark.parametrize(
    "change",
    [
        {"image": {"tag": "9.9.9"}},
        {"export": {"args": ["--allow-untrained"]}},
        {"triton": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}},
        {"modelRepository": {"volume": {"folder": "models/vision"}}},
        {"modelRepository": {"volume": {"accessModes": ["ReadWriteMany"]}}},
        {"modelRepository": {"volume": {"existingClaim": "mine"}}},
    ],
    ids=str,
)
def test_what_is_in_the_job_is_in_its_name(change: dict[str, Any]) -> None:
    # A job cannot be changed: the same name with something else in it would stop every upgrade.
    before, after = (
        of_kind(render(charts.merged(combination("cpu"), values)), "Job")["export"] for values in ({}, change)
    )
    assert before["spec"] != after["spec"]
    assert before["metadata"]["name"] != after["metadata"]["name"]


def test_a_volume_of_one_node_is_filled_on_that_node() -> None:
    """Triton waits with the volume: an export on another node could not have it, and both would wait for ever."""
    tainted = {"triton": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]}}
    manifests = render(charts.merged(combination("cpu"), tainted))
    job = of_kind(manifests, "Job")["export"]["spec"]["template"]["spec"]
    terms = job["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [term["topologyKey"] for term in terms] == ["kubernetes.io/hostname"]
    pods_of_triton = of_kind(manifests, "Deployment")["triton"]["spec"]["template"]["metadata"]["labels"]
    assert charts.selects(terms[0]["labelSelector"]["matchLabels"], pods_of_triton)
    assert job["tolerations"] == tainted["triton"]["tolerations"]
    shared = of_kind(render(combination("gpu")), "Job")["export"]["spec"]["template"]["spec"]
    assert "affinity" not in shared


def test_a_volume_of_one_node_is_never_wanted_by_two() -> None:
    deployments = {name: of_kind(render(combination(name)), "Deployment")["triton"] for name in ("cpu", "gpu")}
    assert deployments["cpu"]["spec"]["strategy"] == {"type": "Recreate"}
    assert deployments["gpu"]["spec"]["strategy"]["type"] == "RollingUpdate"
