"""On a CPU OpenVINO serves who sends tensors: the graph must compute there what the proof found in ONNX Runtime."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

COMPARE = """
import sys
import numpy as np, onnxruntime, openvino
from export.parity import Tolerance, compare_candidates, compare_probabilities
from export.pixels import pictures

def as_anchors(rows):  # candidates [N, K, 6] -> predictions [N, 4 + 80, K], as the reference has them
    scores = rows[..., 4:5] * (rows[..., 5:] == np.arange(80))
    return np.concatenate([rows[..., :4], scores], axis=2).transpose(0, 2, 1)

path, *shapes = sys.argv[1:]
session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
for shape in shapes:
    pixels = pictures(*map(int, shape.split("x")))
    expected, got = session.run(None, {"images": pixels})[0], compiled([pixels])[0]
    if expected.ndim == 3:
        some = got.shape[1] - 10  # the last of the best may be others: rounding decides who is in and who is out
        difference = compare_candidates(got[:, :some], as_anchors(expected), some)
    else:
        difference = compare_probabilities(got, expected)
    print(shape, *got.shape, difference.within(Tolerance()), difference)
"""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("yolov8n", {"1x640x640": "1 1000 6", "2x480x640": "2 1000 6", "3x64x96": "3 126 6", "1x64x64": "1 84 6"}),
        ("resnet50", {"1x224x224": "1 1000", "3x224x224": "3 1000"}),
    ],
)
def test_openvino_equals_onnx_runtime(exported: Path, name: str, expected: dict[str, str]) -> None:
    python, model = ROOT / ".venv/triton/bin/python", exported / name / "1/model.onnx"
    assert python.exists(), "the Triton environment is missing: requirements/triton.txt in .venv/triton"
    done = subprocess.run(
        [python, "-c", COMPARE, model, *expected], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for line, (sizes, shape) in zip(done.stdout.splitlines(), expected.items(), strict=True):
        assert line.startswith(f"{sizes} {shape} True"), line
