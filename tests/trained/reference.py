"""What the frameworks of the checkpoints answer themselves. Runs in the export environment, prints JSON.

python tests/trained/reference.py detect yolov8n.pt CONFIDENCE picture.jpg …
python tests/trained/reference.py classify resnet50.pth RESIZE picture.jpg …
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from typing import Any


def main() -> None:
    task, weights, number, *files = sys.argv[1:]
    os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", YOLO_CONFIG_DIR=tempfile.mkdtemp())
    answer = detect(weights, float(number), files) if task == "detect" else classify(weights, int(number), files)
    print(json.dumps(answer))  # noqa: T201 - the caller reads it


def detect(weights: str, confidence: float, files: list[str]) -> dict[str, Any]:
    """Predict with ultralytics: rows of x min, y min, x max, y max, confidence, class."""
    from ultralytics import YOLO

    with contextlib.redirect_stdout(sys.stderr):
        model = YOLO(weights)
        results = {file: model.predict(file, conf=confidence, verbose=False, device="cpu")[0] for file in files}
    return {file: result.boxes.data.tolist() for file, result in results.items()}


def classify(weights: str, resize: int, files: list[str]) -> dict[str, Any]:
    """Classify with torchvision's own preprocessing: the five best class ids and their probabilities."""
    import torch
    from PIL import Image
    from torchvision.models import resnet50
    from torchvision.transforms._presets import ImageClassification

    model = resnet50()
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    model.eval()
    preprocess = ImageClassification(crop_size=224, resize_size=resize)
    answers = {}
    for file in files:
        with Image.open(file) as image, torch.inference_mode():
            probabilities = model(preprocess(image.convert("RGB"))[None]).softmax(1)[0]
        best = probabilities.topk(5)
        answers[file] = [best.indices.tolist(), best.values.tolist()]
    return answers


if __name__ == "__main__":
    main()
