"""The models that can be exported, and where their official weights live."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Task = Literal["detect", "classify"]


@dataclass(frozen=True)
class Release:
    """Published weights: the file every user should get, bit by bit."""

    url: str
    sha256: str
    license: str  # SPDX identifier


@dataclass(frozen=True)
class ModelSpec:
    """What the export has to know about a model before it has seen its weights."""

    name: str
    task: Task
    files: Sequence[str]  # accepted names in the weights folder; a download gets the first
    release: Release
    image_size: int  # pixels; the side of the square input the model was trained on
    stride: int | None = None  # pixels; height and width must be multiples of it, None for a fixed size


YOLOV8N: Final = ModelSpec(
    name="yolov8n",
    task="detect",
    files=("yolov8n.pt",),
    release=Release(
        url="https://github.com/ultralytics/assets/releases/download/v0.0.0/yolov8n.pt",
        sha256="31e20dde3def09e2cf938c7be6fe23d9150bbbe503982af13345706515f2ef95",
        license="AGPL-3.0",
    ),
    image_size=640,
    stride=32,
)

RESNET50: Final = ModelSpec(
    name="resnet50",
    task="classify",
    files=("resnet50-11ad3fa6.pth", "resnet50.pth"),
    release=Release(  # torchvision's ResNet50_Weights.IMAGENET1K_V2
        url="https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
        sha256="11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca",
        license="BSD-3-Clause",
    ),
    image_size=224,
)

MODELS: Final = {spec.name: spec for spec in (YOLOV8N, RESNET50)}
