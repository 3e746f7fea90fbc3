"""Two WebSockets as one: what comes on one side goes out on the other, until one of them ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

NORMAL, BAD_GATEWAY = 1000, 1014
# Codes that stand for the lack of a close frame, and may not be in one.
NOT_TO_BE_SENT = {1005: NORMAL, 1006: BAD_GATEWAY, 1015: BAD_GATEWAY}
REASON_BYTES = 123  # that fit into a close frame
LINGER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ending:
    """Why one side ended the stream, in a form that can be told to the other."""

    code: int
    reason: str = ""

    @classmethod
    def told(cls, code: int | None, reason: str | None) -> Ending:
        code = NORMAL if code is None else code
        return cls(NOT_TO_BE_SENT.get(code, code), (reason or "").encode()[:REASON_BYTES].decode(errors="ignore"))


async def relay(socket: WebSocket, gateway: ClientConnection) -> None:
    """Pass messages on until one side ends, then end the other in the same way."""
    ways = [asyncio.create_task(to_gateway(socket, gateway)), asyncio.create_task(to_browser(gateway, socket))]
    try:
        done, _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        ending = done.pop().result()
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        await leave(gateway)
    if socket.client_state is WebSocketState.CONNECTED:
        with suppress(WebSocketDisconnect, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await socket.close(ending.code, ending.reason)


async def leave(gateway: ClientConnection) -> None:
    """End the gateway's side in any case; one that is stuck would not take a goodbye either."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await gateway.close()
    finally:
        gateway.transport.abort()


async def to_gateway(socket: WebSocket, gateway: ClientConnection) -> Ending:
    with suppress(ConnectionClosed):
        while (message := await socket.receive())["type"] == "websocket.receive":
            content = message.get("bytes")
            await gateway.send(message["text"] if content is None else content)
        return Ending.told(message.get("code"), message.get("reason"))
    return Ending.told(gateway.close_code, gateway.close_reason)


async def to_browser(gateway: ClientConnection, socket: WebSocket) -> Ending:
    try:
        async for message in gateway:
            await (socket.send_text(message) if isinstance(message, str) else socket.send_bytes(message))
    except ConnectionClosed:
        pass
    except WebSocketDisconnect as gone:
        return Ending.told(gone.code, gone.reason)
    return Ending.told(gateway.close_code, gateway.close_reason)
