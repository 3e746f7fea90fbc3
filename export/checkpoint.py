"""A loaded model, in the two forms an export needs: the original, and the network that becomes the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from export.catalog import ModelSpec
from export.parity import Difference
from export.pixels import Run
from export.plan.agreement import Agreement
from export.quantization.pictures import Prepare
from export.weights import Weights

Floats = NDArray[np.float32]
Agree = Callable[[Floats, Floats], Agreement]


class Compare(Protocol):
    """Find the largest difference of an output to the reference's, among so large a share of candidates."""

    def __call__(self, got: Floats, reference: Floats, /, *, share: float) -> Difference: ...


@dataclass(frozen=True)
class Checkpoint:
    """What the loader of a task returns.

    `network` is a torch module from UINT8 [N, H, W, 3] to FP32 output; `reference` runs the untouched model on the
    same pixels; `compare` knows how the two outputs have to agree, and `agree` counts how many answers of theirs do.
    `prepare` reads a picture file as the reference framework would, for a GPU: UINT8 [1, side, side, 3].
    """

    spec: ModelSpec
    labels: Sequence[str]
    network: Any  # torch.nn.Module, which this module must not import
    output: str
    dynamic_axes: Mapping[str, Mapping[int, str]]
    reference: Run
    compare: Compare
    agree: Agree
    prepare: Prepare


def load(spec: ModelSpec, weights: Weights) -> Checkpoint:
    """Load the weights into PyTorch; the first call imports it, which takes seconds.

    Raises:
        CheckpointError: the file is damaged, or holds another model
    """
    from export import classifier, detector  # noqa: PLC0415 - PyTorch only when something is exported

    loaders: Mapping[str, Callable[[ModelSpec, Weights], Checkpoint]] = {
        "detect": detector.load,
        "classify": classifier.load,
    }
    return loaders[spec.task](spec, weights)
