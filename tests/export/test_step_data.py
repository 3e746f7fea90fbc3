"""The copies that the neighbouring steps get."""

import json

import pytest

from export.catalog import RESNET50, YOLOV8N
from export.step_data import step_files


def test_detection_names_its_classes_for_nms() -> None:
    assert step_files(YOLOV8N, ["person", "bicycle"], "official") == {"detect/labels.txt": "person\nbicycle\n"}


@pytest.mark.parametrize(("provenance", "resize"), [("official", 232), ("custom", 256), ("untrained", 256)])
def test_preprocessing_follows_the_weights(provenance: str, resize: int) -> None:
    files = step_files(RESNET50, ["tench"], provenance)
    assert files["classify/labels.txt"] == "tench\n"
    assert json.loads(files["classify/preprocessing.json"]) == {"resize": resize, "crop": 224}
