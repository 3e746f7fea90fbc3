"""What a pipeline wants of its engine, wherever that runs.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import triton_python_backend_utils as pb_utils

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

# A picture is decoded in less, as a rule; after that what Triton said when it was begun is asked again.
SOON_SECONDS = 0.01
# Who has waited for longer may well have left: better ask before decoding than after it.
LONG_SECONDS = 0.25


class EngineError(Exception):
    """There is no result; `code` is a code of Triton's."""

    def __init__(self, message: str, code: Any) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """Who waits for the answer to `request`, and for how long still."""

    def __init__(
        self,
        request: Any,
        since: float,
        clerk: Executor | None = None,
        default_timeout: int = 0,
        is_alone: Callable[[], bool] = bool,
    ) -> None:
        """Begin with a request that is here `since`, by `time.perf_counter`.

        Whether it is still wanted the `clerk` asks Triton, beginning now: that takes a while. `default_timeout` is in
        microseconds, 0 for none; a request may name a shorter one. `is_alone` tells whether there is no other client.
        """
        self.request, self._since, self._begun = request, since, time.perf_counter()
        self._cancelled = clerk.submit(request.is_cancelled) if clerk else None
        self.is_alone = is_alone
        self._timeout = min(filter(None, (request.timeout(), default_timeout)), default=0)

    @property
    def waited(self) -> float:
        """Seconds until it was begun with."""
        return self._begun - self._since

    def require_after_waiting(self) -> None:
        """As `require`, but does not wait for Triton's word on somebody who has hardly waited."""
        if self.waited > LONG_SECONDS:
            self.require()
        else:
            self._remaining()

    def require(self) -> int:
        """Return the microseconds that are left, 0 where there is no timeout; `EngineError` if nobody waits any more.

        How long the request waited in a queue of Triton's is not told to Python.
        """
        fresh = self._cancelled if time.perf_counter() - self._begun < SOON_SECONDS else None
        if fresh.result() if fresh else self.request.is_cancelled():
            raise EngineError("the client has left", pb_utils.TritonError.CANCELLED)
        return self._remaining()

    def _remaining(self) -> int:
        if not self._timeout:
            return 0
        spent = int((time.perf_counter() - self._since) * 1e6)
        if spent >= self._timeout:
            # Triton's own words for what expires in a queue.
            raise EngineError("Request timeout expired", pb_utils.TritonError.UNAVAILABLE)
        return self._timeout - spent


class Engine(Protocol):
    """Turns pixels into what the network says."""

    at_once: int
    """How many threads a pipeline should work with, behind a queue of its own.

    0: none but the one that Triton calls it on, behind Triton's queue.
    """

    def __call__(self, client: Client, images: Any) -> Any:
        """Run on behalf of a client.

        `images` are UINT8 [1, height, width, 3]. Raises `EngineError`: without a run when the client has left or has
        no time left; else what the engine said.
        """

    def report(self) -> None:
        """Tell Triton what has been counted; from one thread only."""
