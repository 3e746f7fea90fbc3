"""What uvicorn leaves open about connections: how long headers may take, how long they may be, how many there may be.

The application says it in the state of its lifespan, because it is the web server that makes these objects.
"""

import asyncio
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.errors import GatewayError, HeadersTooLarge, HeaderTimeout, MalformedRequest, TooManyConnections
from gateway.lifecycle import Lifecycle
from gateway.problems import respond
from gateway.settings import Settings

STATE_KEY = "connection_rules"
MAX_HEADER_BYTES = 65_536
LAST_WORDS_SECONDS = 0.5
CLOSE = {"connection": "close"}


@dataclass(frozen=True, slots=True)
class Rules:
    header_seconds: float
    max_connections: int
    lifecycle: Lifecycle


def state(settings: Settings, lifecycle: Lifecycle) -> dict[str, Rules]:
    """Return what the lifespan has to yield."""
    return {STATE_KEY: Rules(settings.header_seconds, settings.max_connections, lifecycle)}


class Connection(HttpToolsProtocol):
    """One client's connection; to be given to uvicorn as `http`.

    Headers are timed from the opening of the connection, and then from the first byte after an answer: so the rest of a
    body that nobody wanted is timed as well.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._rules: Rules = self.app_state[STATE_KEY]
        self._served = self.app
        self._timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._in_headers = self._last = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._timer is None and not self._busy():
            self._expect_headers()
        super().data_received(data)
        self._header_bytes += len(data)
        if self._in_headers and self._header_bytes > MAX_HEADER_BYTES:
            self._refuse(HeadersTooLarge())

    def on_message_begin(self) -> None:
        self._in_headers, self._header_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_headers = False
        self._stop_timer()
        self.app = _full if len(self.connections) > self._rules.max_connections else self._served
        super().on_headers_complete()
        if self._busy() and (self._last or self._rules.lifecycle.draining):
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Close, unless a request is being served, or is surely on its way: then after that."""
        self._last = True
        if self._in_headers or self.cycle is None:
            self._stop_timer()
            self._expect_headers(LAST_WORDS_SECONDS)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - the parser's words, not for the caller
        self._refuse(MalformedRequest("This is not HTTP/1.1."))

    def _busy(self) -> bool:
        # uvicorn's annotation leaves out None.
        return self.cycle is not None and not self.cycle.response_complete  # type: ignore[redundant-expr]

    def _expect_headers(self, seconds: float | None = None) -> None:
        self._timer = self.loop.call_later(seconds or self._rules.header_seconds, self._too_slow)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        if self._in_headers:
            self._refuse(HeaderTimeout())
        else:
            self.transport.close()  # nothing was asked, so nothing is answered

    def _refuse(self, error: GatewayError) -> None:
        """Answer where there is no request that the application could see."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        response = respond(error, uuid.uuid4().hex)
        response.headers.update(CLOSE)
        lines = [name + b": " + value + b"\r\n" for name, value in response.raw_headers]
        self.transport.write(b"".join([STATUS_LINE[error.status], *lines, b"\r\n", response.body]))
        self.transport.close()


async def _full(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand in for the application while there are too many connections."""
    response = respond(TooManyConnections(), uuid.uuid4().hex)
    response.headers.update(CLOSE)
    await response(scope, receive, send)
