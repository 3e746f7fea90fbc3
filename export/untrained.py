"""A detection network with seeded random weights: it answers nonsense, but a nonsense that depends on the picture.

Fresh from its initialisation the network forwards next to nothing: every picture gets the same scores, all of about
1e-5, and a comparison of two runtimes would prove nothing. So its normalisation layers are fitted to test pictures.
"""

from typing import Any

import torch
from torch import nn

from export.catalog import ModelSpec
from export.pixels import pictures

SEED = 0


def build(spec: ModelSpec) -> Any:
    """Return an ultralytics model with the names of COCO's classes; call it inside the sandbox."""
    from ultralytics.nn.tasks import DetectionModel  # noqa: PLC0415 - only inside the sandbox
    from ultralytics.utils import ROOT, YAML  # noqa: PLC0415 - only inside the sandbox

    torch.manual_seed(SEED)
    model = DetectionModel(f"{spec.name}.yaml", verbose=False)
    model.names = YAML.load(ROOT / "cfg/datasets/coco.yaml")["names"]
    _fit_normalisation(model)
    return model


def _fit_normalisation(model: Any) -> None:
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the plain average of what it sees
            layer.reset_running_stats()
    planes = torch.from_numpy(pictures(4, 320, 320)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        model.train()(planes)
