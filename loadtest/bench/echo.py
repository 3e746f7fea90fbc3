"""The calibration: a server that reads the same requests and answers at once with a usual answer.

What it does per second is what client and transport can do; a system that comes near is not measured, they are.
`python -m loadtest.bench.echo PORT http|grpc`
"""

from __future__ import annotations

import asyncio
import sys

from loadtest.bench.client.http import END_OF_HEAD, headers

BODY = b'{"detections": [' + b", ".join([b'{"x_min": 22.871, "y_min": 231.277, "x_max": 805.003}'] * 20) + b"]}"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(BODY), BODY)


class Echo(asyncio.Protocol):
    """Waits for the whole body and answers."""

    def __init__(self) -> None:
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if not self._missing:
            head, _, rest = data.partition(END_OF_HEAD)
            self._missing = int(headers(head).get(b"content-length", 0))
            data = rest
        self._missing -= len(data)
        if not self._missing:
            self._transport.write(ANSWER)


async def serve_http(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Echo, "127.0.0.1", port)
    await server.serve_forever()


async def serve_grpc(port: int) -> None:
    import grpc.aio  # noqa: PLC0415 - only where gRPC is measured

    async def infer(_request: bytes, _context: object) -> bytes:
        return BODY

    server = grpc.aio.server()
    handler = grpc.unary_unary_rpc_method_handler(infer)
    service = grpc.method_handlers_generic_handler("inference.GRPCInferenceService", {"ModelInfer": handler})
    server.add_generic_rpc_handlers((service,))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


def main() -> None:
    port, transport = int(sys.argv[1]), sys.argv[2]
    asyncio.run(serve_grpc(port) if transport == "grpc" else serve_http(port))


if __name__ == "__main__":
    main()
