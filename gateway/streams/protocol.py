"""uvicorn's side of a WebSocket, with ends that reach the client and take no longer than they should.

As it is, uvicorn closes a connection at once while the client is still sending: the kernel answers that with a reset,
which can destroy the close frame before it is read. And it waits without limit for a client that does not read.
"""

import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from gateway.settings import Settings

SERVICE_RESTART = 1012
KEEPALIVE = 1011
# For the close frame to arrive, and for the client to hang up.
LINGER_SECONDS = 2.0


def server_options(settings: Settings) -> dict[str, Any]:
    """Return what `uvicorn.Config` has to know about streams."""
    return {
        "ws": StreamProtocol,
        "ws_max_size": int(settings.stream_max_frame),
        "ws_ping_interval": settings.stream_ping_seconds,
        "ws_ping_timeout": settings.stream_ping_seconds,
        # Pictures are compressed, and answers are small.
        "ws_per_message_deflate": False,
    }


class StreamProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # uvicorn's own lines contain queries; sessions are logged where requests are.
        self.logger = logging.getLogger(__name__)
        self.logger.setLevel(logging.WARNING)
        self.conn.logger = self.logger

    async def run_asgi(self) -> None:
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self._hang_up)

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # refused by an answer; uvicorn would report a handshake that was forgotten

    def shutdown(self) -> None:
        """Tell the client that the server stops."""
        if self.handshake_complete and not self.close_sent:
            self._end(SERVICE_RESTART, "the server restarts")
        else:
            super().shutdown()

    def keepalive_timeout(self) -> None:
        self.pong_timer = None
        if not self.close_sent:
            self._end(KEEPALIVE, "no answer to a ping")

    def handle_parser_exception(self) -> None:
        """End it for a client that broke the protocol or sent too much; called again for all that it sends then."""
        if self.close_timer is None:
            assert self.conn.close_sent is not None  # noqa: S101 - by the parser
            self._linger(self.conn.close_sent.code, self.conn.close_sent.reason)

    def _end(self, code: int, reason: str) -> None:
        self.conn.fail(code, reason)
        self._linger(code, reason)

    def _linger(self, code: int, reason: str) -> None:
        """Send what is left to send and no more; read until the client hangs up, but keep nothing of it."""
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self._hang_up)

    def _hang_up(self) -> None:
        if not self.disconnected:
            self.transport.abort()
