"""The k most probable classes."""

from __future__ import annotations

from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Integers = np.ndarray[Any, np.dtype[np.int64]]


def top_k(probabilities: Floats, k: int) -> tuple[Floats, Integers]:
    """Return the k largest of FP32 [classes] in descending order, and their class ids INT64 [k].

    Of equal probabilities the lower class id comes first; k is limited to the number of classes.
    """
    order = np.argsort(-probabilities, kind="stable")[:k]
    return probabilities[order], order
