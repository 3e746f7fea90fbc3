"""The models of the run: exported from the weights, with the steps beside them, one repository for each precision."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.bench.systems import Precision

EXPORT_PYTHON = Path(".venv/export/bin/python")
STEPS = Path("model_repository")
ENGINES = ("yolov8n", "resnet50")
BF16 = '\nparameters { key: "HINT_BF16" value { string_value: "YES" } }\n'


def export(weights: Path, target: Path, *, allow_untrained: bool) -> None:
    """Export what is missing or made from other weights into `target`, and copy the steps of the checkout there."""
    extra = ["--allow-untrained"] if allow_untrained else []
    command = [EXPORT_PYTHON, "-m", "export", "--missing", f"--repository={target}", f"--weights-dir={weights}", *extra]
    subprocess.run([str(part) for part in command], check=True)
    for step in STEPS.iterdir():
        # Engines of the checkout are not copied: they may come from other weights.
        if not (step / "1/model.onnx").exists():
            ignored = shutil.ignore_patterns("__pycache__", "labels.txt", "preprocessing.json")
            shutil.copytree(step, target / step.name, ignore=ignored, dirs_exist_ok=True)


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
