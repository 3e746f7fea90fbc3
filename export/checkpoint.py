"""A loaded model, in the two forms an export needs: the original, and the network that becomes the graph."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.catalog import ModelSpec
from export.parity import Difference
from export.pixels import Pixels
from export.weights import Weights

Compare = Callable[[NDArray[np.float32], NDArray[np.float32]], Difference]
Reference = Callable[[Pixels], NDArray[np.float32]]


@dataclass(frozen=True)
class Checkpoint:
    """What the loader of a task returns.

    `network` is a torch module from UINT8 [N, H, W, 3] to FP32 output; `reference` runs the untouched model on the
    same pixels, and `compare` knows how the two outputs have to agree.
    """

    spec: ModelSpec
    labels: Sequence[str]
    network: Any  # torch.nn.Module, which this module must not import
    output: str
    dynamic_axes: Mapping[str, Mapping[int, str]]
    reference: Reference
    compare: Compare


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
