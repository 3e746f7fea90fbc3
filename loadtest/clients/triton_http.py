"""Triton itself, over HTTP: KServe v2 with binary tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from loadtest.answers import check_tensors
from loadtest.clients import Client
from loadtest.clients.triton import failure, image_input

if TYPE_CHECKING:
    from loadtest.settings import Target


class TritonHttpClient(Client):
    """One connection; the pipeline named like the task."""

    via = "triton-http"

    def __init__(self, target: Target) -> None:
        self.name = target.task
        self._triton = triton.InferenceServerClient(
            target.triton_http, concurrency=1, network_timeout=target.timeout, connection_timeout=target.timeout
        )

    def ask(self, picture: bytes) -> int:
        try:
            answer = self._triton.infer(self.name, [image_input(triton.InferInput, picture)])
        except InferenceServerException as error:
            raise failure(error) from error
        check_tensors(self.name, answer.as_numpy)
        outputs = answer.get_response().get("outputs", ())
        return sum(output.get("parameters", {}).get("binary_data_size", 0) for output in outputs)

    def close(self) -> None:
        self._triton.close()
