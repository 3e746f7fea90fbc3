"""KServe's resources as its own Python client knows them: models that are generated from the API, read as a schema."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from importlib.metadata import distribution
from types import ModuleType
from typing import TYPE_CHECKING, Any

import kubernetes_validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = {"str": str, "int": int, "bool": bool}
KUBERNETES = "1.37"
# Kubernetes' own parts, and where a pod has them.
POD: dict[str, Callable[[Any], dict[str, Any]]] = {
    "V1ObjectMeta": lambda value: {"metadata": value},
    "V1Container": lambda value: {"spec": {"containers": [value]}},
    "V1Volume": lambda value: {"spec": {"volumes": [value], "containers": [{"name": "any", "image": "any"}]}},
    "V1ResourceRequirements": lambda value: {"spec": {"containers": [{"name": "any", "resources": value}]}},
}


def models() -> ModuleType:
    """Return `kserve.models` alone: the package itself would import a whole model server, which is not installed."""
    if "kserve" not in sys.modules:
        package = ModuleType("kserve")
        package.__path__ = [str(distribution("kserve").locate_file("kserve"))]
        sys.modules["kserve"] = package
    return import_module("kserve.models")


def problems(value: Any, kind: str, path: str = "") -> Iterator[str]:
    """Yield what is wrong with a value of a model, such as `V1beta1InferenceService`, or a type as models name it."""
    listed, mapped = re.fullmatch(r"list\[(.+)\]", kind), re.fullmatch(r"dict\(str, (.+)\)", kind)
    if listed or mapped:
        if type(value) is not (list if listed else dict):
            yield f"{path} is no {kind}"
            return
        named = enumerate(value) if isinstance(value, list) else value.items()
        for name, part in named:
            yield from problems(part, (listed or mapped)[1], f"{path}/{name}")  # type: ignore[index]
    elif kind in PLAIN:
        if type(value) is not PLAIN[kind]:
            yield f"{path} is no {kind}"
    elif hasattr(models(), kind):
        yield from _of_model(value, getattr(models(), kind), path)
    else:
        yield from _of_kubernetes(value, kind, path)


def _of_model(value: Any, model: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path} is no {model.__name__}"
        return
    attributes = {key: name for name, key in model.attribute_map.items()}
    for key, part in value.items():
        if key in attributes:
            yield from problems(part, model.openapi_types[attributes[key]], f"{path}/{key}")
        else:
            yield f"{path}/{key} is unknown"
    try:
        model(**{attributes[key]: part for key, part in value.items() if key in attributes})
    except ValueError as error:
        yield f"{path}: {error}"


def _of_kubernetes(value: Any, kind: str, path: str) -> Iterator[str]:
    try:
        pod = {"apiVersion": "v1", "kind": "Pod", **POD[kind](value)}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        yield f"{path}: {error.message}"
