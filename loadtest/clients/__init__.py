"""Each way to ask, as a small client with one connection. Nothing here knows Locust; all sockets are gevent's."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.settings import Target


class Client(ABC):
    """One connection, for one request at a time.

    `via` and `name` are the type and name of its requests in Locust's statistics: what is asked for has the same name
    whichever way it is asked.
    """

    via: str
    name: str

    @abstractmethod
    def ask(self, picture: bytes) -> int:
        """Ask and check the answer; return its size in bytes.

        Raises `RequestError` when the connection can be used on, else what the transport raises.
        """

    @abstractmethod
    def close(self) -> None:
        """End the connection."""

    def tidy(self) -> None:  # noqa: B027 - most leave nothing behind
        """Do what belongs to a request but not to its latency."""


def connect(kind: str, target: Target) -> Client:
    """Return a client of a kind in `settings.KINDS`; most connect when they ask first."""
    # Imported on demand: their libraries must see the patched sockets, and a run needs few of them.
    match kind:
        case "job":
            from loadtest.clients.jobs import JobClient  # noqa: PLC0415

            return JobClient(target)
        case "stream":
            from loadtest.clients.stream import StreamClient  # noqa: PLC0415

            return StreamClient(target)
        case "triton-grpc":
            from loadtest.clients.triton_grpc import TritonGrpcClient  # noqa: PLC0415

            return TritonGrpcClient(target)
        case "triton-http":
            from loadtest.clients.triton_http import TritonHttpClient  # noqa: PLC0415

            return TritonHttpClient(target)
        case _:
            from loadtest.clients.gateway import GatewayClient  # noqa: PLC0415

            return GatewayClient(target, kind)
