"""What a pipeline wants of its engine, wherever that runs.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from concurrent.futures import Executor

# A picture is decoded in less, as a rule; after that what Triton said when it was begun is asked again.
SOON_SECONDS = 0.01


class EngineError(Exception):
    """There is no result; `code` is a code of Triton's."""

    def __init__(self, message: str, code: Any) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """Who waits for the answer to `request`, and for how long still."""

    def __init__(self, request: Any, since: float, clerk: Executor | None = None) -> None:
        """Take up a request that is here `since`, by `time.perf_counter`.

        Whether it is still wanted the `clerk` asks Triton, beginning now: that takes a while.
        """
        self.request, self._since, self._begun = request, since, time.perf_counter()
        self._cancelled = clerk.submit(request.is_cancelled) if clerk else None

    def require(self) -> int:
        """Return the microseconds that are left, 0 where there is no timeout; `EngineError` if nobody waits any more.

        How long the request waited in the pipeline's own queue is not told to Python.
        """
        now = time.perf_counter()
        fresh = self._cancelled if now - self._begun < SOON_SECONDS else None
        if fresh.result() if fresh else self.request.is_cancelled():
            raise EngineError("the client has left", pb_utils.TritonError.CANCELLED)
        timeout: int = self.request.timeout()
        if not timeout:
            return 0
        spent = int((now - self._since) * 1e6)
        if spent >= timeout:
            # Triton's own words for what expires in a queue.
            raise EngineError("Request timeout expired", pb_utils.TritonError.UNAVAILABLE)
        return timeout - spent


class Engine(Protocol):
    """Turns pixels into what the network says."""

    at_once: int
    """How many threads a pipeline should work with; 0: none but the one that Triton calls it on."""

    def __call__(self, client: Client, images: Any) -> Any:
        """Run on behalf of a client.

        `images` are UINT8 [1, height, width, 3]. Raises `EngineError`: without a run when the client has left or has
        no time left; else what the engine said.
        """

    def report(self) -> None:
        """Tell Triton what has been counted; from one thread only."""
