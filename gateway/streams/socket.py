"""A Starlette WebSocket as a session's channel."""

import asyncio
from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.streams.ended import LOST, Ended

# A client that does not read does not get a close frame either.
CLOSE_SECONDS = 1.0


class SocketChannel:
    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def receive(self) -> bytes | str:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Ended(message["code"], message.get("reason") or "")
        data: bytes | None = message.get("bytes")
        return message["text"] if data is None else data

    async def send(self, message: bytes | str) -> None:
        try:
            if isinstance(message, str):
                await self._socket.send_text(message)
            else:
                await self._socket.send_bytes(message)
        except WebSocketDisconnect as gone:
            raise Ended(LOST) from gone

    async def close(self, ended: Ended) -> None:
        """Tell the client, unless it was the client, or the server, that closed."""
        if ended.ours:
            with suppress(TimeoutError, WebSocketDisconnect):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.close(ended.code, ended.reason)
