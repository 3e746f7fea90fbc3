"""TensorRT plans in the chart: built on the pod's own GPU, before its Triton, into the volume that it reads."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deploy.charts import COMBINATIONS, Manifest, combination, merged, of_kind, render
from tests.deploy.dockerfiles import Image

WITHOUT_PLANS = sorted(set(COMBINATIONS) - {"plans", "external"})


def pod(manifests: list[Manifest], kind: str, part: str) -> Manifest:
    found: Manifest = of_kind(manifests, kind)[part]["spec"]["template"]["spec"]
    return found


def mounts(container: Manifest) -> dict[str, dict[str, Any]]:
    return {mount["mountPath"]: mount for mount in container["volumeMounts"]}


def volume(spec: Manifest, container: Manifest, path: str) -> dict[str, Any]:
    name = mounts(container)[path]["name"]
    found: dict[str, Any] = next(one for one in spec["volumes"] if one["name"] == name)
    return found


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    return render(combination("plans"))


@pytest.fixture(scope="module")
def triton(manifests: list[Manifest]) -> Manifest:
    return pod(manifests, "Deployment", "triton")


@pytest.fixture(scope="module")
def plans(triton: Manifest) -> Manifest:
    found: Manifest = triton["initContainers"][-1]
    return found


@pytest.mark.parametrize("name", WITHOUT_PLANS)
def test_nobody_gets_them_unasked(name: str) -> None:
    spec = pod(render(combination(name)), "Deployment", "triton")
    assert "plans" not in [container["name"] for container in spec.get("initContainers", [])]


def test_they_are_built_after_the_export_and_before_triton(triton: Manifest) -> None:
    assert [container["name"] for container in triton["initContainers"]] == ["wait-for-models", "plans"]


def test_they_are_built_on_the_gpus_that_serve() -> None:
    spec = pod(render(merged(combination("plans"), {"triton": {"gpus": 4}})), "Deployment", "triton")
    for container in (spec["initContainers"][-1], spec["containers"][0]):
        assert container["resources"]["limits"]["nvidia.com/gpu"] == "4"


def test_they_are_built_by_the_image_that_is_made_for_it(triton: Manifest, plans: Manifest) -> None:
    assert plans["image"] == triton["containers"][0]["image"].replace("-triton:", "-triton-plan:")
    image = Image.read("triton", "plan")
    # Its own entry point is kept: Kubernetes' `command` would take its place.
    assert "command" not in plans
    assert image.environment["MODEL_REPOSITORY"] in mounts(plans)
    assert image.environment["WEIGHTS_DIR"] in mounts(plans)


def test_triton_reads_what_they_are_written_into(triton: Manifest, plans: Manifest) -> None:
    serving = triton["containers"][0]
    assert volume(triton, plans, "/models") == volume(triton, serving, "/models")
    assert not mounts(plans)["/models"].get("readOnly")
    assert mounts(serving)["/models"]["readOnly"]
    # A claim that is mounted read-only is so for every container of the pod.
    assert "readOnly" not in volume(triton, plans, "/models")["persistentVolumeClaim"]


def test_their_builder_may_exchange_what_the_export_has_written(
    manifests: list[Manifest], triton: Manifest, plans: Manifest
) -> None:
    job = pod(manifests, "Job", "export")["securityContext"]
    assert plans["securityContext"]["runAsUser"] == job["runAsUser"]
    # Each pod that may write gives a volume's folders to its own group: two groups would lock one another out.
    assert triton["securityContext"]["fsGroup"] == job["fsGroup"]
    assert triton["securityContext"]["runAsUser"] == 1000


def outward(values: dict[str, Any]) -> set[int]:
    egress = of_kind(render(values), "NetworkPolicy")["triton"]["spec"]["egress"]
    return {one["port"] for rule in egress if "to" not in rule for one in rule["ports"]} - {53}


def test_checkpoints_come_from_a_claim_or_their_official_addresses() -> None:
    claimed = merged(combination("plans"), {"export": {"weightsClaim": "weights"}})
    spec = pod(render(claimed), "Deployment", "triton")
    builder = spec["initContainers"][-1]
    assert volume(spec, builder, "/weights")["persistentVolumeClaim"] == {"claimName": "weights", "readOnly": True}
    assert outward(claimed) == set()
    assert outward(combination("plans")) == {443}


def test_pictures_for_int8_come_from_a_claim(triton: Manifest, plans: Manifest) -> None:
    assert volume(triton, plans, "/calibration")["persistentVolumeClaim"]["claimName"] == "pictures"
    assert "--calibration=/calibration" in plans["args"]
    half = merged(combination("plans"), {"triton": {"plans": {"calibrationClaim": "", "args": ["--missing"]}}})
    spec = pod(render(half), "Deployment", "triton")
    assert "/calibration" not in mounts(spec["initContainers"][-1])
