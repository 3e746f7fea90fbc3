"""A camera: frames go out at a rate, results come when they come; what the server skips is no error, but counted."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import gevent
from locust import User, task

from loadtest.clients.stream import StreamClient
from loadtest.world import report

if TYPE_CHECKING:
    from loadtest.clients.stream import Result
    from loadtest.world import World

POLL_SECONDS = 0.01
RETRY_SECONDS = 1.0
USUAL_FPS = 15.0


class CameraUser(User):  # type: ignore[misc]  # locust is not installed where types are checked
    """One session, `--fps` frames a second."""

    def on_start(self) -> None:
        self.world: World = self.environment.world
        self._session: Session | None = None
        self._due = time.perf_counter()

    @task  # type: ignore[untyped-decorator]
    def send(self) -> None:
        time.sleep(max(0.0, self._due - time.perf_counter()))
        # A frame that could not be sent when it was due is over: cameras do not queue.
        due, self._due = self._due, max(self._due + 1 / (self.world.target.fps or USUAL_FPS), time.perf_counter())
        client = StreamClient(self.world.target)
        try:
            self._session = self._session or Session(self.environment, client)
            self._session.send(self.world.pictures.next(), due)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a result
            report(self.environment, client, due, 0, error)
            self.on_stop()
            time.sleep(RETRY_SECONDS)
            self._due = time.perf_counter()

    def on_stop(self) -> None:
        if self._session:
            self._session.end(self.world.target.timeout)
        self._session = None


class Session:
    """Frames that were sent and are not answered yet, and a greenlet that reads the answers."""

    def __init__(self, environment: Any, client: StreamClient) -> None:
        self._environment = environment
        self._client = client
        self._client.open()
        self._waiting: dict[int, float] = {}
        self._reader = gevent.spawn(self._read)

    def send(self, picture: bytes, due: float) -> None:
        self._waiting[self._client.send(picture)] = due

    def end(self, timeout: float) -> None:
        """Wait for what is under way: it still counts."""
        deadline = time.perf_counter() + timeout
        while self._waiting and not self._reader.dead and time.perf_counter() < deadline:
            time.sleep(POLL_SECONDS)
        self._reader.kill()
        with contextlib.suppress(Exception):
            self._client.close()

    def _read(self) -> None:
        try:
            while True:
                self._settle(self._client.receive())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the result of all that waits
            for due in self._waiting.values():
                report(self._environment, self._client, due, 0, error)
            self._waiting.clear()
            self._client.close()

    def _settle(self, result: Result) -> None:
        for number in [number for number in self._waiting if number < result.number]:
            # Results are in order: there will be none for an older frame.
            self._environment.world.recorder.on_dropped(self._waiting.pop(number))
        due = self._waiting.pop(result.number)
        report(self._environment, self._client, due, result.size, result.failure)
