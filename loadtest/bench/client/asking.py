"""Ways to ask: a function per client that sends picture number n and returns the answer."""

from __future__ import annotations

import asyncio
import struct
from typing import TYPE_CHECKING

from loadtest.bench.client.http import Answer, Connection, form

if TYPE_CHECKING:
    import grpc.aio

GRPC_METHOD = "/inference.GRPCInferenceService/ModelInfer"
CLIENTS_PER_CHANNEL = 16
SECONDS_FOR_ANSWER = 60.0


class HttpAsker:
    """A client with a connection of its own, opened again when the server has closed it."""

    def __init__(self, address: str, requests: list[bytes]) -> None:
        self._host, _, port = address.partition(":")
        self._port, self._requests = int(port), requests
        self._connection: Connection | None = None

    async def __call__(self, number: int) -> Answer:
        try:
            if self._connection is None or self._connection.closed:
                loop = asyncio.get_running_loop()
                _, self._connection = await loop.create_connection(Connection, self._host, self._port)
            async with asyncio.timeout(SECONDS_FOR_ANSWER):
                return await self._connection.ask(self._requests[number])
        except (OSError, TimeoutError) as error:
            if self._connection:
                self._connection.close()
            return Answer(0, 0.1, repr(error).encode())


class GrpcAsker:
    """A client on a channel that it shares with some others; messages go in and out as bytes."""

    def __init__(self, channel: grpc.aio.Channel, requests: list[bytes]) -> None:
        self._infer = channel.unary_unary(GRPC_METHOD)
        self._requests = requests

    async def __call__(self, number: int) -> Answer:
        import grpc  # noqa: PLC0415 - only where gRPC is measured

        try:
            return Answer(200, 0, await self._infer(self._requests[number], timeout=SECONDS_FOR_ANSWER))
        except grpc.aio.AioRpcError as error:
            refused = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
            return Answer(503 if refused else 500, 0.1, str(error.details()).encode())


def http_askers(address: str, path: str, pictures: list[bytes], clients: int) -> list[HttpAsker]:
    requests = [form(address, path, picture) for picture in pictures]
    return [HttpAsker(address, requests) for _ in range(clients)]


def grpc_askers(address: str, model: str, pictures: list[bytes], clients: int) -> list[GrpcAsker]:
    """Return clients of a Triton model that takes the picture file as the input `image`."""
    import grpc.aio  # noqa: PLC0415 - as above

    requests = [infer_request(model, picture) for picture in pictures]
    channels = [
        # Channels to the same address would share one connection otherwise.
        grpc.aio.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
        for _ in range(-(-clients // CLIENTS_PER_CHANNEL))
    ]
    return [GrpcAsker(channels[number % len(channels)], requests) for number in range(clients)]


def infer_request(model: str, picture: bytes) -> bytes:
    """Return the serialised KServe v2 request."""
    from tritonclient.grpc import service_pb2  # noqa: PLC0415 - as above

    request = service_pb2.ModelInferRequest(model_name=model)
    request.inputs.add(name="image", datatype="BYTES", shape=[1])
    request.raw_input_contents.append(struct.pack("<I", len(picture)) + picture)
    return bytes(request.SerializeToString())
