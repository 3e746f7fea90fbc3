"""Live streams: the browser's WebSocket at `/ui/stream`, passed on to the gateway's `/v1/stream` and back.

The gateway's key is added here, so it never reaches the browser. Nothing is stored on the way: each direction holds
one message, and takes the next when that one was taken, so whoever is slow slows down the other end.

Browsers are not told why a WebSocket was refused. So it is accepted always, and what the gateway refuses is said in a
text message, `{"refused": {"sentence", "retry_after"}}`, and a close code: 4000 and the gateway's HTTP status.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from ui.errors import GatewayAway, Refused, UiError
from ui.gateway.checking import refusal_of
from ui.relaying import BAD_GATEWAY, LINGER_SECONDS, relay

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ui.settings import Settings

PATH = "/ui/stream"
POLICY, TRY_LATER, REFUSED = 1008, 1013, 4000
FULL = "As many live streams are open as this page can relay."


def install(app: FastAPI, settings: Settings) -> None:
    app.add_api_websocket_route(PATH, Relay(settings).serve)


class Relay:
    """Relays at most `settings.max_streams` streams at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = 0

    async def serve(self, socket: WebSocket) -> None:
        if not of_this_page(socket):
            await socket.close(POLICY)  # before it is accepted: the answer is 403
            return
        await socket.accept()
        if self._open >= self._settings.max_streams:
            await refuse(socket, UiError(FULL, retry_after=2.0), TRY_LATER)
            return
        self._open += 1
        try:
            await self._serve(socket)
        finally:
            self._open -= 1

    async def _serve(self, socket: WebSocket) -> None:
        try:
            gateway = await self._connected(socket.url.query)
        except Refused as error:
            await refuse(socket, error, REFUSED + error.status)
        except UiError as error:
            await refuse(socket, error, BAD_GATEWAY)
        else:
            await relay(socket, gateway)

    async def _connected(self, query: str) -> ClientConnection:
        """Return a stream of the gateway; raises `UiError`."""
        settings, key = self._settings, self._settings.gateway_api_key
        try:
            return await connect(
                stream_url(str(settings.gateway_url), query),
                additional_headers={"x-api-key": key.get_secret_value()} if key else {},
                open_timeout=settings.timeout_seconds,
                close_timeout=LINGER_SECONDS,
                max_size=int(settings.max_frame),
                max_queue=1,
                compression=None,
                proxy=None,
            )
        except InvalidStatus as error:
            raise refusal_of(error.response.status_code, error.response.headers, bytes(error.response.body)) from error
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            raise GatewayAway from error


def of_this_page(socket: WebSocket) -> bool:
    """Tell whether a page of this server asks. Browsers let no page set these headers."""
    hosts = {socket.headers.get("host"), socket.headers.get("x-forwarded-host")} - {None}
    return urlsplit(socket.headers.get("origin", "")).netloc in hosts


def stream_url(gateway_url: str, query: str) -> str:
    return f"{gateway_url.rstrip('/').replace('http', 'ws', 1)}/v1/stream?{query}"


async def refuse(socket: WebSocket, error: UiError, code: int) -> None:
    with suppress(WebSocketDisconnect):
        await socket.send_json({"refused": {"sentence": str(error), "retry_after": error.retry_after}})
        await socket.close(code)
