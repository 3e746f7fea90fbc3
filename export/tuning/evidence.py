"""The winner's config, the reasons beside it, and the way back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.errors import TuningError
from export.files import replacing
from export.layout import CONFIG_FILE, INT8_FILE

# A name under `configs/`, so that Triton can also be told to use it: --model-config-name=untuned.
UNTUNED_FILE = "configs/untuned.pbtxt"
EVIDENCE_FILE = "tuning.json"


@dataclass(frozen=True)
class Served:
    """How a model is to be served: its config, and the graph that this names where it is not the exported one."""

    config: ModelConfig
    graph: bytes | None = None


def read_config(model: Path, otherwise: str = "") -> ModelConfig:
    """Return the config before any tuning; `TuningError`, with what to do `otherwise`, when there is none."""
    untuned = model / UNTUNED_FILE
    try:
        text = (untuned if untuned.exists() else model / CONFIG_FILE).read_text()
        return text_format.Parse(text, ModelConfig())
    except (OSError, text_format.ParseError) as error:
        advice = f", {otherwise}" if otherwise else ""
        raise TuningError(f"{model} has no config that Triton could serve it with{advice}: {error}") from error


def write_if_changed(model: Path, config: ModelConfig, evidence: Mapping[str, object]) -> None:
    """Do as `write`, unless the model is served so without tuning: then that is what it goes back to."""
    if config == read_config(model):
        restore(model)
    else:
        write(model, Served(config), evidence)


def write(engine: Path, served: Served, evidence: Mapping[str, object]) -> None:
    """Put the tuned config in place, keep the old one, and write down why.

    A graph is there before the config that names it, and goes after it: at any moment, what is there can be served.
    """
    if not (engine / UNTUNED_FILE).exists():
        _replace(engine / UNTUNED_FILE, (engine / CONFIG_FILE).read_bytes())
    if served.graph is not None:
        _replace(_int8_file(engine), served.graph)
    _replace(engine / EVIDENCE_FILE, f"{json.dumps(evidence, indent=2)}\n".encode())
    head = f"# {engine.name}, tuned by python -m export tune; {EVIDENCE_FILE} says why, {UNTUNED_FILE} is the old one\n"
    text = text_format.MessageToString(served.config, use_short_repeated_primitives=True)
    _replace(engine / CONFIG_FILE, (head + text).encode())
    if served.graph is None:
        _int8_file(engine).unlink(missing_ok=True)


def restore(engine: Path) -> bool:
    """Go back to the config before any tuning; False when there is none to go back to."""
    untuned = engine / UNTUNED_FILE
    if not untuned.exists():
        return False
    untuned.replace(engine / CONFIG_FILE)
    (engine / EVIDENCE_FILE).unlink(missing_ok=True)
    _int8_file(engine).unlink(missing_ok=True)
    return True


def _int8_file(engine: Path) -> Path:
    return engine / "1" / INT8_FILE


def _replace(path: Path, content: bytes) -> None:
    with replacing(path) as file:
        file.write(content)
