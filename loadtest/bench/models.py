"""The models of the run: exported from the weights, beside the pipelines."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.bench.errors import ModelError
from loadtest.bench.systems import ENGINES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXPORT_PYTHON = Path(".venv/export/bin/python")
CHECKOUT = Path("model_repository")
USUAL_EXPORT = """
import sys
from ultralytics import YOLO
YOLO(sys.argv[1]).export(format="onnx", dynamic=True, simplify=True)
"""


def make(what: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
    """Run what makes a model and says itself on stderr why it cannot; then `ModelError`."""
    if subprocess.run(command, env={**os.environ, **(environment or {})}, check=False).returncode:
        raise ModelError(f"no {what}: the reason stands above")


def export(weights: Path, target: Path, *, allow_untrained: bool) -> None:
    """Export what is missing or made from other weights into `target`, beside the pipelines of the checkout."""
    extra = ["--allow-untrained"] if allow_untrained else []
    folders = [f"--repository={target}", f"--weights-dir={weights}"]
    make("engines", [EXPORT_PYTHON, "-m", "export", "--missing", *folders, *extra])
    for model in CHECKOUT.iterdir():
        # Engines of the checkout are not copied: they may come from other weights.
        if not (model / "1/model.onnx").exists():
            ignored = shutil.ignore_patterns("__pycache__", "labels.txt", "preprocessing.json")
            shutil.copytree(model, target / model.name, ignore=ignored, dirs_exist_ok=True)
    for model in target.iterdir():
        # Left by a run of another version: Triton would serve it, too.
        if model.is_dir() and model.name not in ENGINES.values() and not (CHECKOUT / model.name).exists():
            shutil.rmtree(model)


def export_usual(checkpoint: Path, repository: Path, model: Path) -> None:
    """Write the detector's graph as ultralytics exports it: what people have who write a server by hand."""
    folder = model.parent.parent
    model.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(repository / "yolov8n/labels.txt", folder)
    if not model.exists():
        # It writes beside the checkpoint, which may lie where nothing shall be written.
        copy = folder / "yolov8n.pt"
        shutil.copy2(checkpoint, copy)
        offline = {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"}
        make("graph as ultralytics exports it", [EXPORT_PYTHON, "-c", USUAL_EXPORT, copy], offline)
        copy.with_suffix(".onnx").replace(model)
