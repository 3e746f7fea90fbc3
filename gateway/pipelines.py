"""What Triton serves, read from the configs of its models: one with the parameters `task` and `engine` is a pipeline.

So is an ensemble with a `task`: its engine is the step whose config has the parameter `weights`. Defaults stand in the
parameters `default.<name>` of the pipeline or of the models it asks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

READY = "READY"
DEFAULT_PREFIX = "default."


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as the gateway sees it; `engine` is the model it asks, whose name and weights answers bear."""

    name: str
    task: str
    engine: str
    version: str
    weights: str
    weights_file: str | None = None
    weights_sha256: str | None = None
    licence: str | None = None
    inputs: frozenset[str] = frozenset()
    defaults: Mapping[str, float] = field(default_factory=dict)
    ready: bool = True


class Index:
    """Which versions of which models are loaded (from `ModelIndex` messages)."""

    def __init__(self, entries: Iterable[Any]) -> None:
        self._ready: dict[str, list[int]] = defaultdict(list)
        self.names: set[str] = set()
        for entry in entries:
            self.names.add(entry.name)
            if entry.state == READY:
                self._ready[entry.name].append(int(entry.version or 0))

    @property
    def ready(self) -> set[str]:
        return set(self._ready)

    def version(self, model: str) -> str:
        """Return the version that is served when none is asked for: the highest."""
        return str(max(self._ready.get(model, [1])))


def pipelines(index: Index, configs: Mapping[str, Any]) -> dict[str, Pipeline]:
    """Find every model with a task, in alphabetical order; `configs` holds a `ModelConfig` for each ready model."""
    found = (_pipeline(configs[name], index, configs) for name in sorted(configs))
    return {pipeline.name: pipeline for pipeline in found if pipeline}


def _pipeline(model: Any, index: Index, configs: Mapping[str, Any]) -> Pipeline | None:
    own, asked = _parameters(model), _asked(model)
    if "task" not in own or not asked:  # engines have a task, too
        return None
    parts = [configs[name] for name in asked if name in configs]
    engine = next((part for part in parts if "weights" in _parameters(part)), None)
    facts = _parameters(engine) if engine else {}
    name = engine.name if engine else own.get("engine", model.name)
    return Pipeline(
        name=model.name,
        task=own["task"],
        engine=name,
        version=index.version(name),
        weights=facts.get("weights", "unknown"),
        weights_file=facts.get("weights_file"),
        weights_sha256=facts.get("weights_sha256"),
        licence=facts.get("weights_license"),
        inputs=frozenset(tensor.name for tensor in model.input),
        defaults=_defaults([*parts, model]),  # the pipeline's own word counts
        ready=len(parts) == len(asked),
    )


def _asked(model: Any) -> list[str]:
    """Return the names of the models that a pipeline asks."""
    if "engine" in model.parameters:
        return [model.parameters["engine"].string_value]
    return [step.model_name for step in model.ensemble_scheduling.step]


def _parameters(config: Any) -> dict[str, str]:
    return {name: parameter.string_value for name, parameter in config.parameters.items()}


def _defaults(configs: Iterable[Any]) -> dict[str, float]:
    defaults: dict[str, float] = {}
    for config in configs:
        for name, text in _parameters(config).items():
            if name.startswith(DEFAULT_PREFIX):
                defaults[name.removeprefix(DEFAULT_PREFIX)] = _number(text)
    return defaults


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number
