"""Which engines are already there: the answer must be instant, so it reads the proof and never a network."""

import json
from pathlib import Path

from export.catalog import ModelSpec
from export.files import sha256_of
from export.layout import ENGINE_FILES, LABELS_FILE, PARITY_FILE
from export.step_data import step_files
from export.weights import find_local


def is_current(spec: ModelSpec, repository: Path, weights_dir: Path) -> bool:
    """Tell whether an engine is complete and made from the weights that now lie in the local folder.

    No local weights are no reason to doubt an engine: it was exported on another day or machine.
    """
    folder = repository / spec.name
    if not all((folder / name).is_file() for name in ENGINE_FILES):
        return False
    made_from = _proven_weights(folder / PARITY_FILE)
    local = find_local(spec, weights_dir)
    if made_from is None or (local and sha256_of(local) != made_from["sha256"]):
        return False
    labels = (folder / LABELS_FILE).read_text().splitlines()
    files = step_files(spec, labels, made_from["provenance"])
    return all(_holds(repository / name, text) for name, text in files.items())


def _proven_weights(proof: Path) -> dict[str, str] | None:
    """Return what `Weights.describe` said at the time, None where the proof is damaged."""
    try:
        told = json.loads(proof.read_text())["weights"]
        return {key: str(told[key]) for key in ("sha256", "provenance")}
    except (ValueError, KeyError, TypeError):
        return None


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text() == text
