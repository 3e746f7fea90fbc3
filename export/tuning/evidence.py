"""The winner's config, the reasons beside it, and the way back."""

import json
from collections.abc import Mapping
from pathlib import Path

from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.errors import TuningError
from export.files import replacing
from export.layout import CONFIG_FILE

# A name under `configs/`, so that Triton can also be told to use it: --model-config-name=untuned.
UNTUNED_FILE = "configs/untuned.pbtxt"
EVIDENCE_FILE = "tuning.json"


def read_config(engine: Path) -> ModelConfig:
    """Return the config before any tuning; `TuningError` when the engine has not been exported."""
    untuned = engine / UNTUNED_FILE
    try:
        text = (untuned if untuned.exists() else engine / CONFIG_FILE).read_text()
        return text_format.Parse(text, ModelConfig())
    except (OSError, text_format.ParseError) as error:
        raise TuningError(
            f"{engine} is no exported engine, run python -m export {engine.name} first: {error}"
        ) from error


def write_if_changed(model: Path, config: ModelConfig, evidence: Mapping[str, object]) -> None:
    """Do as `write`, unless the model is served so without tuning: then that is what it goes back to."""
    if config == read_config(model):
        restore(model)
    else:
        write(model, config, evidence)


def write(engine: Path, config: ModelConfig, evidence: Mapping[str, object]) -> None:
    """Put the tuned config in place, keep the old one, and write down why."""
    if not (engine / UNTUNED_FILE).exists():
        _replace(engine / UNTUNED_FILE, (engine / CONFIG_FILE).read_text())
    _replace(engine / EVIDENCE_FILE, f"{json.dumps(evidence, indent=2)}\n")
    head = f"# {engine.name}, tuned by python -m export tune; {EVIDENCE_FILE} says why, {UNTUNED_FILE} is the old one\n"
    _replace(engine / CONFIG_FILE, head + text_format.MessageToString(config, use_short_repeated_primitives=True))


def restore(engine: Path) -> bool:
    """Go back to the config before any tuning; False when there is none to go back to."""
    untuned = engine / UNTUNED_FILE
    if not untuned.exists():
        return False
    untuned.replace(engine / CONFIG_FILE)
    (engine / EVIDENCE_FILE).unlink(missing_ok=True)
    return True


def _replace(path: Path, text: str) -> None:
    with replacing(path) as file:
        file.write(text.encode())
