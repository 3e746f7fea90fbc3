"""Model repositories for tests: the pipelines of the checkout and engines exported for real, kept between runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORT_PYTHON = ROOT / ".venv/export/bin/python"
CACHE = ROOT / ".cache/test-models"
GENERATED = ("labels.txt", "preprocessing.json")


def untrained_repository() -> Path:
    """Export every model without weights; the result is exported anew when the exporter has changed."""
    return _repository("untrained", "--allow-untrained", f"--weights-dir={CACHE / 'no-weights'}")


def trained_repository(weights: Path) -> Path:
    """Export every model from a folder of weights."""
    names = "".join(f"{file.name}{file.stat().st_size}" for file in sorted(weights.iterdir()))
    return _repository(f"trained-{hashlib.sha256(names.encode()).hexdigest()[:8]}", f"--weights-dir={weights}")


def _repository(name: str, *arguments: str) -> Path:
    target = CACHE / f"{name}-{_exporter_hash()}"
    if not (target / ".complete").exists():
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(
            [EXPORT_PYTHON, "-m", "export", f"--repository={target}", *arguments],
            cwd=ROOT,
            # A closed port: nothing is downloaded, whatever the network allows.
            env={**os.environ, "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"},
            check=True,
            timeout=600,
        )
        (target / ".complete").touch()
    _copy_pipelines(target)
    return target


def _exporter_hash() -> str:
    digest = hashlib.sha256()
    sources = [file for file in sorted((ROOT / "export").rglob("*")) if file.suffix in {".py", ".pbtxt"}]
    for file in (*sources, ROOT / "requirements/export.txt"):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _copy_pipelines(target: Path) -> None:
    # Engines are not copied: what a developer has exported must not decide over a test.
    for model in (ROOT / "model_repository").iterdir():
        if not (model / "1/model.onnx").exists():
            ignored = shutil.ignore_patterns("__pycache__", *GENERATED)
            shutil.copytree(model, target / model.name, ignore=ignored, dirs_exist_ok=True)
