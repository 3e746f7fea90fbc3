"""The chart, rendered by Helm's own engine (its Go SDK, in a wheel), and what is read from the result."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import helm_python
import yaml

from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

Manifest = dict[str, Any]
CHART = ROOT / "deploy/helm/triton-vision"
# chart-testing's convention: each file is a whole set of values.
COMBINATIONS = {path.name.removesuffix("-values.yaml"): path for path in sorted((CHART / "ci").glob("*-values.yaml"))}
ACCESS = {"gateway": {"access": {"allowUnauthenticated": True}}}


@cache
def chart() -> helm_python.Chart:
    return helm_python.Chart.load(CHART)


def combination(name: str) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load(COMBINATIONS[name].read_text())
    return values


def merged(*parts: dict[str, Any]) -> dict[str, Any]:
    """Return values as Helm takes several files of them: later ones win, mappings are merged."""
    result: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], value) if both else value
    return result


def render(values: dict[str, Any], release: str = "demo") -> list[Manifest]:
    """Return the manifests. Raises `helm_python.HelmError` for values that the schema or the templates refuse."""
    chart().validate_schema(values)
    files = chart().render(values, name=release, namespace="vision")
    return [made for path, text in files.items() if path.endswith(".yaml") for made in yaml.safe_load_all(text) if made]


def notes(values: dict[str, Any]) -> str:
    return chart().render(values, name="demo", namespace="vision")["triton-vision/templates/NOTES.txt"]


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Return those of `kinds` by their component (triton, gateway, …); for one of each."""
    return {component(made): made for made in manifests if made["kind"] in kinds}


def component(made: Manifest) -> str:
    return str(made["metadata"]["labels"]["app.kubernetes.io/component"])


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield name and specification of every pod that comes of `manifests`."""
    for made in manifests:
        if made["kind"] == "Pod":
            yield made["metadata"]["name"], made["spec"]
        elif "template" in made.get("spec", {}):
            yield made["metadata"]["name"], made["spec"]["template"]["spec"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def environment(manifests: list[Manifest], name: str) -> dict[str, str]:
    """Return the variables of a component's container as its process sees them; secrets say `secret:<name>/<key>`."""
    container = of_kind(manifests, "Deployment")[name]["spec"]["template"]["spec"]["containers"][0]
    seen: dict[str, str] = {}
    for variable in container["env"]:
        reference = variable.get("valueFrom", {}).get("secretKeyRef")
        value = f"secret:{reference['name']}/{reference['key']}" if reference else variable["value"]
        for earlier, known in seen.items():
            value = value.replace(f"$({earlier})", known)
        seen[variable["name"]] = value
    return seen


def pod_of(part: str, *values: dict[str, Any]) -> Manifest:
    """Return the specification of a deployment's pod, rendered with merged values."""
    pod: Manifest = of_kind(render(merged(*values)), "Deployment")[part]["spec"]["template"]["spec"]
    return pod


def triton(values: dict[str, Any]) -> tuple[Manifest, Manifest]:
    """Return Triton's pod and the container in it that serves."""
    pod = pod_of("triton", values)
    return pod, pod["containers"][0]


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()
