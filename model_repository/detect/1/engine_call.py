"""A call to the engine on the same Triton: its queue, its batches and its instances are used as by any client.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import json
from typing import Any

import triton_python_backend_utils as pb_utils

# What goes wrong in such a call comes back as INTERNAL, whatever it was: the code is found again by Triton's words.
MEANINGS = {
    "maximum queue size": "UNAVAILABLE",
    "timeout expired": "UNAVAILABLE",
    "is not ready": "NOT_FOUND",
    "unknown model": "NOT_FOUND",
}


class EngineError(Exception):
    """There is no result; `code` is a code of Triton's."""

    def __init__(self, message: str, code: Any) -> None:
        super().__init__(message)
        self.code = code


class Engine:
    """The model called `name`, asked for its tensor `output`."""

    def __init__(self, name: str, output: str) -> None:
        self._name, self._output = name, output
        # The result is read here: an engine on a GPU shall put it where that is possible.
        self._memory = pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_CPU)

    def __call__(self, request: Any, images: Any, spent: int) -> Any:
        """Run the engine on behalf of a client's request, of whose timeout `spent` microseconds are gone.

        Raises `EngineError`: CANCELLED, without a run, when the client has left; else what the engine said.
        """
        if request.is_cancelled():
            raise EngineError("the client has left", pb_utils.TritonError.CANCELLED)
        response = pb_utils.InferenceRequest(
            model_name=self._name,
            inputs=[pb_utils.Tensor("images", images)],
            requested_output_names=[self._output],
            request_id=request.request_id(),
            timeout=remaining(request.timeout(), spent),
            parameters=json.loads(request.parameters() or "{}"),
            preferred_memory=self._memory,
            trace=request.trace(),
        ).exec()
        if response.has_error():
            raise failure(response.error())
        return pb_utils.get_output_tensor_by_name(response, self._output).as_numpy()


def remaining(timeout: int, spent: int) -> int:
    """Return what is left of a timeout in microseconds; 0 means none was set, and stays 0.

    How long the request waited in the pipeline's own queue is not told to Python.
    """
    return max(timeout - spent, 1) if timeout else 0


def failure(error: Any) -> EngineError:
    """Return the engine's error with the code that its words stand for."""
    text = error.message()
    meant = next((code for words, code in MEANINGS.items() if words in text.lower()), None)
    return EngineError(text, getattr(pb_utils.TritonError, meant) if meant else error.code())
