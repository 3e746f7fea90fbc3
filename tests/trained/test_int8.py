"""INT8 on a CPU: calibrated by the command, served from its files, and still accurate."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from export.tuning.precision import INT8_FLAGS, cpu_flags
from stack.supervisor import Stack
from tests.conftest import stack_settings
from tests.repositories import EXPORT_PYTHON, ROOT, trained_repository
from tests.trained.test_detection import precision, served

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.trained,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not INT8_FLAGS & cpu_flags(), reason="this processor has no INT8"),
]


def test_detection_stays_within_the_guard(
    weights: Path, evaluation: Path, coco_images: list[Path], tmp_path: Path, report: Callable[[str], None]
) -> None:
    models, labels = tmp_path / "models", evaluation / "coco/instances.json"
    shutil.copytree(trained_repository(weights), models)
    command = [
        str(EXPORT_PYTHON), "-m", "export", "tune", "yolov8n", f"--repository={models}", "--precision=int8",
        "--rounds=0", f"--images={evaluation / 'imagenet/images'}", f"--labels={evaluation / 'coco'}",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    accuracy = json.loads((models / "yolov8n/tuning.json").read_text())["accuracy"]
    settings = stack_settings(models, tmp_path)
    with Stack(settings), httpx.Client(base_url=settings.gateway_url, timeout=60) as client:
        through_http = precision(labels, {file: served(client, file, 0.001) for file in coco_images})
    report(f"mAP50-95 in INT8 through HTTP {through_http:.4f}, in FP32 {accuracy['f32']:.4f}")
    assert abs(through_http - accuracy["int8"]) <= 0.0005, "what was measured is what is served from the files"
    assert accuracy["f32"] - through_http <= 0.003
