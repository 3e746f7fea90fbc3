"""A call to the engine on the same Triton: its queue, its batches and its instances are used as by any client.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import triton_python_backend_utils as pb_utils
from engine import EngineError

if TYPE_CHECKING:
    from engine import Client

# What goes wrong in such a call comes back as INTERNAL, whatever it was: the code is found again by Triton's words.
MEANINGS = {
    "maximum queue size": "UNAVAILABLE",
    "timeout expired": "UNAVAILABLE",
    "is not ready": "NOT_FOUND",
    "unknown model": "NOT_FOUND",
}


class EngineOnTriton:
    """The model called `name`, asked for its tensor `output`, by so many threads at once."""

    def __init__(self, name: str, output: str, at_once: int = 0) -> None:
        self.name, self._output, self.at_once = name, output, at_once
        # The result is read here: an engine on a GPU shall put it where that is possible.
        self._memory = pb_utils.PreferredMemory(pb_utils.TRITONSERVER_MEMORY_CPU)

    def __call__(self, client: Client, images: Any) -> Any:
        remaining, request = client.require(), client.request
        response = pb_utils.InferenceRequest(
            model_name=self.name,
            inputs=[pb_utils.Tensor("images", images)],
            requested_output_names=[self._output],
            request_id=request.request_id(),
            timeout=remaining,
            parameters=json.loads(request.parameters() or "{}"),
            preferred_memory=self._memory,
            trace=request.trace(),
        ).exec()
        if response.has_error():
            raise failure(response.error())
        return pb_utils.get_output_tensor_by_name(response, self._output).as_numpy()

    def report(self) -> None:
        """Tell nothing: Triton counts what it runs itself."""


def failure(error: Any) -> EngineError:
    """Return the engine's error with the code that its words stand for."""
    text = error.message()
    meant = next((code for words, code in MEANINGS.items() if words in text.lower()), None)
    return EngineError(text, getattr(pb_utils.TritonError, meant) if meant else error.code())
