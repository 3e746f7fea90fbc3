"""The requests that Triton has joined, as one input of an engine, and the engine's output as their answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import triton_python_backend_utils as pb_utils

Array = np.ndarray[Any, Any]


class Batch:
    """Requests of equal shapes; `arrays` are their tensors, joined, in the order of `inputs`.

    Where there is only one request, they are its memory and not copies.
    """

    def __init__(self, requests: list[Any], inputs: list[str], outputs: list[str]) -> None:
        self._requests, self._outputs = requests, outputs
        # Kept, because the arrays are views of their memory.
        self._tensors = [[pb_utils.get_input_tensor_by_name(request, name) for name in inputs] for request in requests]
        parts = [[tensor.as_numpy() for tensor in tensors] for tensors in self._tensors]
        self.arrays = parts[0] if len(parts) == 1 else [np.concatenate(each) for each in zip(*parts, strict=True)]
        self._ends = np.cumsum([arrays[0].shape[0] for arrays in parts])[:-1]
        self._senders: list[Any] = []

    def answer_later(self) -> None:
        """Promise that answers will be sent: to be called before the requests go back to Triton."""
        self._senders = [request.get_response_sender() for request in self._requests]

    def send(self, responses: list[Any]) -> None:
        """Keep the promise; from any thread."""
        for sender, response in zip(self._senders, responses, strict=True):
            sender.send(response, flags=pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL)

    def responses(self, results: list[Array]) -> list[Any]:
        """Return what each request gets of the engine's output."""
        if len(self._requests) == 1:
            return [self._response(results)]
        pieces = zip(*(np.split(result, self._ends) for result in results), strict=True)
        return [self._response(list(piece)) for piece in pieces]

    def failures(self, reason: str) -> list[Any]:
        return [pb_utils.InferenceResponse([], pb_utils.TritonError(reason)) for _ in self._requests]

    def _response(self, results: list[Array]) -> Any:
        tensors = [pb_utils.Tensor(name, array) for name, array in zip(self._outputs, results, strict=True)]
        return pb_utils.InferenceResponse(tensors)
