"""The small data files of the pipeline around an engine: its labels, its preprocessing.

They are copies: Triton fetches each model folder of an object store by itself, so a pipeline cannot look next door.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from export.catalog import ModelSpec
from export.files import replacing
from export.layout import LABELS_FILE, PREPROCESSING_FILE

OFFICIAL_RESIZE = 232  # pixels, the shorter side; torchvision's preset of ResNet50_Weights.IMAGENET1K_V2
CLASSIC_RESIZE = 256  # what nearly everybody else trains with


def step_files(spec: ModelSpec, labels: Sequence[str], provenance: str) -> Mapping[str, str]:
    """Return path in the repository -> text, for the default pipelines."""
    if spec.task == "detect":
        return {f"detect/{LABELS_FILE}": labels_text(labels)}
    preprocessing = json.dumps({"resize": resize_for(provenance), "crop": spec.image_size})
    return {f"classify/{LABELS_FILE}": labels_text(labels), f"classify/{PREPROCESSING_FILE}": f"{preprocessing}\n"}


def resize_for(provenance: str) -> int:
    """Return how many pixels a picture's shorter side gets before the crop."""
    return OFFICIAL_RESIZE if provenance == "official" else CLASSIC_RESIZE


def write_step_files(repository: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        with replacing(repository / name) as file:
            file.write(text.encode())


def labels_text(labels: Sequence[str]) -> str:
    """One label per line, the line number being the class."""
    return "".join(f"{label}\n" for label in labels)
