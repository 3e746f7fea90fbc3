"""The models of the run: exported from the weights, beside the pipelines, one repository for each precision."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.bench.systems import Precision

EXPORT_PYTHON = Path(".venv/export/bin/python")
CHECKOUT = Path("model_repository")
ENGINES = ("yolov8n", "resnet50")
BF16 = '\nparameters { key: "HINT_BF16" value { string_value: "YES" } }\n'


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


def with_precision(repository: Path, precision: Precision, folder: Path) -> Path:
    """Return a repository whose engines compute in `precision`; it is a copy that shares the model files."""
    if precision == "f32":
        return repository
    target = folder / f"models-{precision}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(repository, target, copy_function=_link_or_copy)
    for engine in ENGINES:
        config = target / engine / "config.pbtxt"
        config.write_text(config.read_text("utf-8") + BF16, "utf-8")
    return target


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith(".onnx"):
        Path(target).symlink_to(Path(source).resolve())
    else:
        shutil.copy2(source, target)
