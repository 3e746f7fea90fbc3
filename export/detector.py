"""YOLO detection models, by ultralytics."""

from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.ops import batched_nms

from export import untrained
from export.blocks import without_splits
from export.catalog import ModelSpec
from export.checkpoint import Checkpoint
from export.errors import CheckpointError
from export.head import CANDIDATES, CandidateHead
from export.parity import compare_candidates
from export.pixels import Pixels
from export.plan.agreement import BORDERLINE, Agreement, Detections, agree_on_detections
from export.quantization.preparation import preparation
from export.sandbox import silence
from export.weights import Weights

IOU = 0.7  # overlap from which the worse of two boxes is suppressed; the default of ultralytics


class Detector(nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """UINT8 [N, H, W, 3] RGB -> FP32 [N, K, 6], see `CandidateHead`; H and W are multiples of 32."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.body = deepcopy(model).fuse(verbose=False)
        without_splits(self.body)
        detect = self.body.model[-1]
        self.body.model[-1] = _InPlaceOf(detect)
        self.head = CandidateHead(detect)

    def forward(self, images: Tensor) -> Tensor:
        planes = images.float().permute(0, 3, 1, 2)  # TensorRT wants the cast of a UINT8 input to come first
        return self.head(self.body(planes / 255), *images.shape[:3])


class _InPlaceOf(nn.Identity):  # type: ignore[misc]  # torch is not installed where types are checked
    """Hands on what a layer of an ultralytics network is given."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.f, self.i, self.type = layer.f, layer.i, layer.type


def load(spec: ModelSpec, weights: Weights) -> Checkpoint:
    """Load an ultralytics checkpoint, or build the architecture with seeded random weights.

    Raises:
        CheckpointError: the file is damaged, or its model does something else than detect, or wants other picture sizes
    """
    with silence():
        model = _read(spec, weights) if weights.path else untrained.build(spec)
        model.eval().requires_grad_(requires_grad=False)
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
        agree=_agree,
        prepare=preparation(spec, weights.provenance, square=True),
    )


def _read(spec: ModelSpec, weights: Weights) -> Any:
    from ultralytics.nn.tasks import load_checkpoint  # noqa: PLC0415 - only inside the sandbox

    try:
        model, _ = load_checkpoint(weights.path)
    except Exception as error:  # a damaged pickle can raise anything
        raise CheckpointError(f"{weights.path} is no readable checkpoint: {_first_line(error)}") from error
    head = model.model[-1]
    if type(head).__name__ != "Detect" or head.end2end:
        raise CheckpointError(f"{weights.path} holds a {model.task} model with head {type(head).__name__}, not Detect")
    strides = [int(stride) for stride in head.stride]
    if spec.stride and any(spec.stride % stride for stride in strides):
        raise CheckpointError(
            f"{weights.path} has cells of {', '.join(map(str, strides))} pixels: those of {spec.name} have to fit into "
            f"{spec.stride}, of which the sides of pictures are multiples"
        )
    return model


def _predict(model: Any, pixels: Pixels) -> NDArray[np.float32]:
    """Run the untouched model: FP32 [N, 4 + classes, A], its own decoding of every anchor.

    The pixels are prepared as ultralytics does, in NumPy: nothing is shared with the network this has to check.
    """
    planes = pixels.transpose(0, 3, 1, 2).astype(np.float32) / 255
    with torch.inference_mode():
        prediction, _ = model(torch.from_numpy(planes))
    return np.asarray(prediction.numpy())


def _agree(got: NDArray[np.float32], reference: NDArray[np.float32]) -> Agreement:
    """Compare candidates [N, K, 6] with the prediction of every anchor, [N, 4 + classes, A]."""
    boxes, scores = reference[:, :4], reference[:, 4:]
    rows = np.concatenate([boxes, scores.max(axis=1, keepdims=True), scores.argmax(axis=1)[:, None]], axis=1)
    return agree_on_detections(map(_suppress, got), map(_suppress, rows.transpose(0, 2, 1).astype(np.float32)))


def _suppress(candidates: NDArray[np.float32]) -> Detections:
    """Choose detections among candidates [K, 6]."""
    chosen = candidates[candidates[:, 4] >= BORDERLINE]
    corners = np.concatenate([chosen[:, :2] - chosen[:, 2:4] / 2, chosen[:, :2] + chosen[:, 2:4] / 2], axis=1)
    kept = batched_nms(*map(torch.from_numpy, (corners, chosen[:, 4], chosen[:, 5])), IOU).numpy()
    return Detections(corners[kept], chosen[kept, 4], chosen[kept, 5])


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
