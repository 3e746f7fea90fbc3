"""The models of the run: exported from the weights, beside the pipelines, one repository for each precision."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.bench.systems import Precision, Task

EXPORT_PYTHON = Path(".venv/export/bin/python")
CHECKOUT = Path("model_repository")
USUAL_EXPORT = """
import sys
from ultralytics import YOLO
YOLO(sys.argv[1]).export(format="onnx", dynamic=True, simplify=True)
"""
# With the parameters that `make tune` finds for bfloat16: as much of it as the guard of the accuracy allows.
ENGINES = {
    "yolov8n": {"HINT_BF16": "YES", "FP32_CONVOLUTIONS": "2"},
    "resnet50": {"HINT_BF16": "YES"},
}


def export(weights: Path, target: Path, *, allow_untrained: bool) -> None:
    """Export what is missing or made from other weights into `target`, beside the pipelines of the checkout."""
    extra = ["--allow-untrained"] if allow_untrained else []
    command = [EXPORT_PYTHON, "-m", "export", "--missing", f"--repository={target}", f"--weights-dir={weights}", *extra]
    subprocess.run([str(part) for part in command], check=True)
    for model in CHECKOUT.iterdir():
        # Engines of the checkout are not copied: they may come from other weights.
        if not (model / "1/model.onnx").exists():
            ignored = shutil.ignore_patterns("__pycache__", "labels.txt", "preprocessing.json")
            shutil.copytree(model, target / model.name, ignore=ignored, dirs_exist_ok=True)
    for model in target.iterdir():
        # Left by a run of another version: Triton would serve it, too.
        if model.is_dir() and model.name not in ENGINES and not (CHECKOUT / model.name).exists():
            shutil.rmtree(model)


def export_usual(checkpoint: Path, repository: Path, folder: Path) -> Path:
    """Return the detector's graph as ultralytics exports it: what people have who write a server by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy2(repository / "yolov8n/labels.txt", folder)
    model = folder / "1/model.onnx"
    if not model.exists():
        # It writes beside the checkpoint, which may lie where nothing shall be written.
        copy = folder / "yolov8n.pt"
        shutil.copy2(checkpoint, copy)
        subprocess.run(
            [str(EXPORT_PYTHON), "-c", USUAL_EXPORT, str(copy)],
            check=True,
            env={**os.environ, "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true"},
        )
        model.parent.mkdir(exist_ok=True)
        copy.with_suffix(".onnx").replace(model)
    return model


def with_precision(repository: Path, precision: Precision, folder: Path) -> Path:
    """Return a repository whose engines compute in `precision`; it is a copy that shares the model files."""
    if precision == "f32":
        return repository
    target = folder / f"models-{precision}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(repository, target, copy_function=_link_or_copy)
    for engine, parameters in ENGINES.items():
        with (target / engine / "config.pbtxt").open("a", encoding="utf-8") as config:
            for name, value in parameters.items():
                config.write(f'\nparameters {{ key: "{name}" value {{ string_value: "{value}" }} }}\n')
    return target


def fp32_convolutions(task: Task, precision: Precision) -> int:
    """Return how many convolutions of a pipeline's engine stay in FP32 although the precision is lower."""
    engine = {"detect": "yolov8n", "classify": "resnet50"}[task]
    return 0 if precision == "f32" else int(ENGINES[engine].get("FP32_CONVOLUTIONS", "0"))


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith(".onnx"):
        Path(target).symlink_to(Path(source).resolve())
    else:
        shutil.copy2(source, target)
