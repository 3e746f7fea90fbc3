"""What a pipeline wants of its engine, wherever that runs.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable


class EngineError(Exception):
    """There is no result; `code` is a code of Triton's."""

    def __init__(self, message: str, code: Any) -> None:
        super().__init__(message)
        self.code = code


class Engine(Protocol):
    """Turns pixels into what the network says."""

    at_once: int
    """How many requests a pipeline should work on at a time to keep this engine busy."""

    def __call__(self, request: Any, images: Any, spent: Callable[[], int]) -> Any:
        """Run on behalf of a client's request; `spent` tells how many microseconds of its timeout are gone.

        `images` are UINT8 [1, height, width, 3]. Raises `EngineError`: without a run when the client has left or has
        no time left; else what the engine said.
        """

    def report(self) -> None:
        """Tell Triton what has been counted; from one thread only."""


def require_client(request: Any, spent: int) -> int:
    """Return the microseconds that a request has left, 0 where it has no timeout; `EngineError` if none waits for it.

    How long the request waited in the pipeline's own queue is not told to Python.
    """
    if request.is_cancelled():
        raise EngineError("the client has left", pb_utils.TritonError.CANCELLED)
    timeout: int = request.timeout()
    if not timeout:
        return 0
    if spent >= timeout:
        # Triton's own words for what expires in a queue.
        raise EngineError("Request timeout expired", pb_utils.TritonError.UNAVAILABLE)
    return timeout - spent
