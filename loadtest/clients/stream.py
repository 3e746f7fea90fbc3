"""The gateway's WebSocket: frames out, results in, in the order of the frames; some frames get none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from websocket import ABNF, WebSocket, WebSocketBadStatusException

from loadtest.answers import check_document
from loadtest.clients import Client
from loadtest.outcome import RequestError, failed

if TYPE_CHECKING:
    from loadtest.settings import Target


class Result(NamedTuple):
    """What came for the frame of this number (from 0); `failure` says what was wrong with it."""

    number: int
    size: int
    failure: RequestError | None


class StreamClient(Client):
    """One session."""

    via = "stream"

    def __init__(self, target: Target) -> None:
        self.name = target.task
        self._target = target
        self._socket: WebSocket | None = None
        self._sent = 0

    def open(self) -> WebSocket:
        """Begin the session, unless it has begun. Raises `ShedError` when there are too many."""
        if self._socket is None:
            header = [f"x-api-key: {self._target.api_key}"] if self._target.api_key else []
            socket = WebSocket(enable_multithread=True)
            try:
                url = "ws" + self._target.target.removeprefix("http").rstrip("/")
                socket.connect(f"{url}/v1/stream?task={self.name}", timeout=self._target.timeout, header=header)
            except WebSocketBadStatusException as refused:
                raise failed(refused.status_code, "session refused") from refused
            self._socket = socket
        return self._socket

    def send(self, picture: bytes) -> int:
        """Send a frame and return its number."""
        self.open().send(picture, ABNF.OPCODE_BINARY)
        self._sent += 1
        return self._sent - 1

    def receive(self) -> Result:
        """Wait for the next result. Raises ConnectionError when the session has ended."""
        text = self.open().recv()
        if not text:
            raise ConnectionError("the session was closed")
        document = json.loads(text)
        try:
            check_document(self.name, document.get("result", document))
        except RequestError as failure:
            return Result(document["frame"], len(text), failure)
        return Result(document["frame"], len(text), None)

    def ask(self, picture: bytes) -> int:
        number = self.send(picture)
        result = self.receive()
        if result.failure:
            raise result.failure
        if result.number != number:
            raise ConnectionError("the result is of another frame")
        return result.size

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close(timeout=1)
