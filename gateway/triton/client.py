"""The calls to Triton: asynchronous, each with a deadline, each failing in the gateway's own errors.

The generated stub is used directly. It costs what tritonclient's own client does (nearly all of it is gRPC), but gives
status codes where that gives texts, and configs as messages.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from anyio.lowlevel import checkpoint_if_cancelled
from tritonclient.grpc import model_config_pb2, service_pb2, service_pb2_grpc

from gateway.deadline import Deadline
from gateway.tracing import outgoing
from gateway.triton.faults import fault

CHANNEL_OPTIONS = (
    # Sizes are bounded where bodies come in; results are ours.
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # When Triton was restarted, the first request after that should find it.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    # Where the name stands for several (a headless service), all of them are asked in turn, and when a connection ends
    # the name is looked up again at once.
    ("grpc.service_config", '{"loadBalancingConfig": [{"round_robin": {}}]}'),
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
)


class TritonClient:
    """One channel for the life of the application; to be made inside its event loop.

    Cancelling the task that awaits a call cancels the call, at Triton too. Raises what `faults.fault` returns, and
    `DeadlineExceeded` without a call when no time is left.
    """

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)
        self._stub = service_pb2_grpc.GRPCInferenceServiceStub(self._channel)

    async def close(self) -> None:
        await self._channel.close()

    async def ready(self, deadline: Deadline) -> bool:
        response = await _call(self._stub.ServerReady, service_pb2.ServerReadyRequest(), deadline)
        return bool(response.ready)

    async def version(self, deadline: Deadline) -> str:
        response = await _call(self._stub.ServerMetadata, service_pb2.ServerMetadataRequest(), deadline)
        return str(response.version)

    async def index(self, deadline: Deadline) -> list[Any]:
        """List a `RepositoryIndexResponse.ModelIndex` for every version of every model, loaded or not."""
        response = await _call(self._stub.RepositoryIndex, service_pb2.RepositoryIndexRequest(), deadline)
        return list(response.models)

    async def config(self, model: str, deadline: Deadline) -> model_config_pb2.ModelConfig:
        response = await _call(self._stub.ModelConfig, service_pb2.ModelConfigRequest(name=model), deadline)
        return response.config

    async def infer(self, request: Any, deadline: Deadline) -> Any:
        """Return a `ModelInferResponse` for a `ModelInferRequest`."""
        return await _call(self._stub.ModelInfer, request, deadline)


async def _call(method: Callable[..., Awaitable[Any]], request: Any, deadline: Deadline) -> Any:
    try:
        return await method(request, timeout=deadline.remaining(), metadata=outgoing())
    except asyncio.CancelledError:
        # gRPC puts an error of its own in place of the one that was raised, by which anyio knows what it has cancelled
        # itself: without this a cancelled job would end whoever started its worker.
        await checkpoint_if_cancelled()
        raise
    except grpc.aio.AioRpcError as error:
        raise fault(error) from error
