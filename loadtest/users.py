"""Locust's users: a client, a pacing and the pictures, joined to Locust's events."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar

from locust import User, task
from locust.exception import StopUser

from loadtest.clients import Client, connect
from loadtest.outcome import RequestError
from loadtest.world import report

if TYPE_CHECKING:
    from loadtest.world import World


class VisionUser(User):  # type: ignore[misc]  # locust is not installed where types are checked
    """Asks, one request at a time."""

    abstract = True
    kind: ClassVar[str]

    def on_start(self) -> None:
        self.world: World = self.environment.world
        self.pacing = self.world.pacing(self.kind)
        self.client: Client | None = None

    @task  # type: ignore[untyped-decorator]
    def ask(self) -> None:
        started = self.pacing.next()
        if started is None:
            raise StopUser
        self.client = client = self.client or connect(self.kind, self.world.target)
        failure, size = None, 0
        try:
            size = client.ask(self.world.pictures.next())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a result
            failure = error
        report(self.environment, client, started, size, failure)
        self.after(client, failure)

    def after(self, client: Client, failure: Exception | None) -> None:
        """Tidy up; what is left of a connection that broke is of no use."""
        with contextlib.suppress(Exception):
            client.tidy()
        if failure and not isinstance(failure, RequestError):
            self.hang_up()
        if failure:
            self.pacing.failed()

    def hang_up(self) -> None:
        if self.client:
            with contextlib.suppress(Exception):
                self.client.close()
        self.client = None

    def on_stop(self) -> None:
        self.hang_up()


class DetectUser(VisionUser):
    kind = "detect"


class ClassifyUser(VisionUser):
    kind = "classify"


class JobUser(VisionUser):
    kind = "job"


class StreamUser(VisionUser):
    kind = "stream"


class TritonGrpcUser(VisionUser):
    kind = "triton-grpc"


class TritonHttpUser(VisionUser):
    kind = "triton-http"


USERS = (DetectUser, ClassifyUser, JobUser, StreamUser, TritonGrpcUser, TritonHttpUser)
