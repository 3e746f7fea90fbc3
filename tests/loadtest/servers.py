"""A gateway with one seat: it answers one request at a time, and misbehaves as a test wants it to."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Answer = tuple[int, Any]

GOOD: Answer = (200, {"detections": []})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer: Callable[[int], Answer], seconds: float, key: str | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.seconds, self.key = answer, seconds, key
        self.seat = threading.Lock()
        self.asked = 0


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer takes 40 ms more
    server: _Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        with self.server.seat:
            time.sleep(self.server.seconds)
            number, self.server.asked = self.server.asked, self.server.asked + 1
        status, document = self.server.answer(number)
        if self.server.key and self.headers["x-api-key"] != self.server.key:
            status, document = 401, {"type": "/problems/unauthenticated"}
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(
    answer: Callable[[int], Answer] = lambda _: GOOD, seconds: float = 0.0, key: str | None = None
) -> Iterator[str]:
    """Serve and return the address; `answer` gets the number of the request, `seconds` is the time each one takes."""
    server = _Server(answer, seconds, key)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
