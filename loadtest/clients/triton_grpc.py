"""Triton itself, over gRPC: what the gateway does, without the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import grpc.experimental.gevent
import tritonclient.grpc as triton
from tritonclient.utils import InferenceServerException

from loadtest.answers import check_tensors
from loadtest.clients import Client
from loadtest.clients.triton import failure, image_input

if TYPE_CHECKING:
    from loadtest.settings import Target


class TritonGrpcClient(Client):
    """One channel; the pipeline named like the task."""

    via = "triton-grpc"

    def __init__(self, target: Target) -> None:
        # Otherwise a call blocks every greenlet. Doing it again changes nothing.
        grpc.experimental.gevent.init_gevent()
        self.name = target.task
        self._timeout = target.timeout
        # Channels of one address share their connection unless an argument differs: each user shall have its own.
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
        self._triton = triton.InferenceServerClient(target.triton_grpc, channel_args=options)

    def ask(self, picture: bytes) -> int:
        try:
            answer = self._triton.infer(
                self.name, [image_input(triton.InferInput, picture)], client_timeout=self._timeout
            )
        except InferenceServerException as error:
            raise failure(error) from error
        check_tensors(self.name, answer.as_numpy)
        return int(answer.get_response().ByteSize())

    def close(self) -> None:
        self._triton.close()
