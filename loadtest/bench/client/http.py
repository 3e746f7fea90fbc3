"""HTTP/1.1 over one keep-alive connection, as cheap as Python can: requests are ready-made bytes.

The client runs on the cores that the server needs: its own CPU time per picture is in the report.
"""

from __future__ import annotations

import asyncio
from typing import NamedTuple

END_OF_HEAD = b"\r\n\r\n"


class Answer(NamedTuple):
    """Status (gRPC errors are told as HTTP ones), the seconds to wait before the next try, and the body."""

    status: int
    retry_after: float
    body: bytes


class Connection(asyncio.Protocol):
    """One connection with at most one request under way."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[Answer] | None = None
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    async def ask(self, request: bytes) -> Answer:
        """Send a request and return its answer; ConnectionError when the server closes instead."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(END_OF_HEAD)
        if not separator:
            return
        fields = headers(bytes(head))
        if len(body) < int(fields[b"content-length"]):
            return
        self._received.clear()
        if fields.get(b"connection", b"").lower() == b"close":
            self.closed = True
        if self._answer and not self._answer.done():
            self._answer.set_result(Answer(int(head[9:12]), float(fields.get(b"retry-after", 0)), bytes(body)))

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError("the server closed the connection"))

    def close(self) -> None:
        self._transport.close()


def headers(head: bytes) -> dict[bytes, bytes]:
    """Return the fields of a response's head, names in lower case."""
    fields = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        fields[name.lower()] = value.strip()
    return fields


def form(address: str, path: str, picture: bytes) -> bytes:
    """Return a whole POST request with the picture as the form part `file`, as `curl -F` sends it."""
    boundary = "----triton-vision-bench"
    before = (
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="picture.jpg"\r\n'
        "content-type: image/jpeg\r\n\r\n"
    ).encode()
    body = before + picture + f"\r\n--{boundary}--\r\n".encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {address}\r\naccept: application/json\r\n"
        f"content-type: multipart/form-data; boundary={boundary}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
