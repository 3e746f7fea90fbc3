"""What Triton's clients have in common, whatever the transport."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loadtest.outcome import RequestError, ShedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tritonclient.utils import InferenceServerException

# Triton says UNAVAILABLE, or 503, both when a queue is full and when it is down.
QUEUE_FULL = "Exceeds maximum queue size"


def image_input(tensor: Callable[[str, list[int], str], Any], picture: bytes) -> Any:
    """Return the pipelines' input; `tensor` is the transport's `InferInput`."""
    image = tensor("image", [1], "BYTES")
    image.set_data_from_numpy(np.array([picture], dtype=object))
    return image


def failure(error: InferenceServerException) -> RequestError:
    """Tell a full queue from an error."""
    if QUEUE_FULL in (error.message() or ""):
        return ShedError("queue full")
    return RequestError(error.status() or "error without a status")
