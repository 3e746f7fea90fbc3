"""ResNet50, by torchvision."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models import ResNet50_Weights, resnet50
from torchvision.transforms.functional import center_crop, normalize, resize

from export.catalog import ModelSpec
from export.checkpoint import Checkpoint
from export.errors import CalibrationError, CheckpointError
from export.parity import compare_probabilities
from export.pixels import Pixels
from export.plan.agreement import agree_on_classes
from export.step_data import resize_for
from export.weights import Weights

SEED = 0  # of untrained weights
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, per channel, from torchvision's presets


class Classifier(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """UINT8 [N, 224, 224, 3] RGB -> FP32 [N, classes] probabilities."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("scale", 1 / (255 * torch.tensor(STD)).view(3, 1, 1))
        self.register_buffer("shift", (-torch.tensor(MEAN) / torch.tensor(STD)).view(3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        planes = images.float().permute(0, 3, 1, 2)  # TensorRT wants the cast of a UINT8 input to come first
        return self.model(planes * self.scale + self.shift).softmax(dim=1)


def load(spec: ModelSpec, weights: Weights) -> Checkpoint:
    """Load a torchvision state dict, or build the architecture with seeded random weights.

    Raises:
        CheckpointError: the file is damaged, or no state dict of a ResNet50 with ImageNet's 1000 classes
    """
    torch.manual_seed(SEED)
    model = resnet50(weights=None)
    if weights.path:
        _fill(model, weights)
    model.eval().requires_grad_(requires_grad=False)
    return Checkpoint(
        spec=spec,
        labels=ResNet50_Weights.IMAGENET1K_V2.meta["categories"],
        network=Classifier(model).eval(),
        output="probabilities",
        dynamic_axes={"images": {0: "batch"}, "probabilities": {0: "batch"}},
        reference=partial(_predict, model),
        compare=compare_probabilities,
        agree=agree_on_classes,
        prepare=partial(_prepare, resized=resize_for(weights.provenance), side=spec.image_size),
    )


def _fill(model: Any, weights: Weights) -> None:
    try:
        state = torch.load(weights.path, map_location="cpu", weights_only=True)
        model.load_state_dict(state)
    except Exception as error:  # a damaged pickle can raise anything
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise CheckpointError(f"{weights.path} is no state dict of ResNet50 with 1000 classes: {reason}") from error


def _predict(model: Any, pixels: Pixels) -> NDArray[np.float32]:
    """Run the untouched model after torchvision's own normalisation: FP32 [N, classes]."""
    preset = ResNet50_Weights.IMAGENET1K_V2.transforms()
    planes = torch.from_numpy(pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255)
    with torch.inference_mode():
        return np.asarray(model(normalize(planes, preset.mean, preset.std)).softmax(dim=1).numpy())


def _prepare(path: Path, resized: int, side: int) -> Pixels:
    """Do what torchvision's preset does before it makes numbers of pixels."""
    try:
        with Image.open(path) as image:
            picture = center_crop(resize(image.convert("RGB"), [resized]), [side])
    except OSError as error:
        raise CalibrationError(f"{path} is no picture that can be read: {error}") from error
    except ImportError as error:  # ultralytics, once imported, looks for a plugin where PIL does not know the format
        raise CalibrationError(f"{path} is no picture that can be read: PIL does not know its format") from error
    return np.asarray(picture)[None]
