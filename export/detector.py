"""YOLO detection models, by ultralytics."""

from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from export import untrained
from export.catalog import ModelSpec
from export.checkpoint import Checkpoint
from export.errors import CheckpointError
from export.head import CANDIDATES, CandidateHead
from export.parity import compare_candidates
from export.pixels import Pixels
from export.sandbox import silence
from export.weights import Weights


class Detector(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """UINT8 [N, H, W, 3] RGB -> FP32 [N, K, 6], see `CandidateHead`; H and W are multiples of 32."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = deepcopy(model).fuse(verbose=False)
        self.model.model[-1] = CandidateHead(self.model.model[-1])
        for block in self.model.modules():
            if hasattr(block, "forward_split"):  # one Split in the graph instead of two Slices
                block.forward = block.forward_split

    def forward(self, images: Tensor) -> Tensor:
        planes = images.float().permute(0, 3, 1, 2)  # TensorRT wants the cast of a UINT8 input to come first
        return self.model(planes / 255)


def load(spec: ModelSpec, weights: Weights) -> Checkpoint:
    """Load an ultralytics checkpoint, or build the architecture with seeded random weights.

    Raises:
        CheckpointError: the file is damaged, or its model does something else than detect
    """
    with silence():
        model = (_read(weights) if weights.path else untrained.build(spec)).eval().requires_grad_(requires_grad=False)
    names = model.names
    return Checkpoint(
        spec=spec,
        labels=[names[index] for index in range(len(names))],
        network=Detector(model).eval(),
        output="candidates",
        dynamic_axes={
            "images": {0: "batch", 1: "height", 2: "width"},
            "candidates": {0: "batch", 1: "candidates"},
        },
        reference=partial(_predict, model),
        compare=partial(compare_candidates, limit=CANDIDATES),
    )


def _read(weights: Weights) -> Any:
    from ultralytics.nn.tasks import load_checkpoint  # noqa: PLC0415 - only inside the sandbox

    try:
        model, _ = load_checkpoint(weights.path)
    except Exception as error:  # a damaged pickle can raise anything
        raise CheckpointError(f"{weights.path} is no readable checkpoint: {_first_line(error)}") from error
    head = model.model[-1]
    if type(head).__name__ != "Detect" or head.end2end:
        raise CheckpointError(f"{weights.path} holds a {model.task} model with head {type(head).__name__}, not Detect")
    return model


def _predict(model: Any, pixels: Pixels) -> NDArray[np.float32]:
    """Run the untouched model: FP32 [N, 4 + classes, A], its own decoding of every anchor.

    The pixels are prepared as ultralytics does, in NumPy: nothing is shared with the network this has to check.
    """
    planes = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255
    with torch.inference_mode():
        prediction, _ = model(torch.from_numpy(planes))
    return np.asarray(prediction.numpy())


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
