"""An address that webhooks go to."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Receiver:
    """Counts what it is sent, by message; `repeated` are the seconds after which one came again."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.bodies: list[bytes] = []
        self.repeated: list[float] = []
        self._last: dict[str, float] = {}

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            yield f"http://{host}:{port}/hook"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):  # the sender was killed
            await self._answer(reader, writer)
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = dict(line.split(": ", 1) for line in head.lower().split("\r\n")[1:] if line)
        self.bodies.append(await reader.readexactly(int(headers["content-length"])))
        self._count(headers["webhook-id"])
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    def _count(self, message: str) -> None:
        now = time.monotonic()
        if message in self._last:
            self.repeated.append(now - self._last[message])
        self._last[message] = now
        self.received[message] += 1
