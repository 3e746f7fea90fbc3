"""What tests share: free ports, and a whole stack on untrained weights."""

from __future__ import annotations

import random
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from stack.settings import Settings
from stack.supervisor import Stack
from tests.repositories import untrained_repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


# Below those that the system gives to connections and to whoever wants any port: nobody gets one of these by chance.
PORTS = range(20_000, 32_000)
CANDIDATES = iter(random.SystemRandom().sample(PORTS, len(PORTS)))


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on, none of them twice."""
    return [next(filter(_is_free, CANDIDATES)) for _ in range(count)]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def stack_settings(repository: Path, folder: Path) -> Settings:
    """Return settings of a stack that can run beside any other one."""
    http, grpc, metrics, gateway = free_ports(4)
    return replace(
        Settings(),
        triton_http_port=http,
        triton_grpc_port=grpc,
        triton_metrics_port=metrics,
        gateway_port=gateway,
        repository=repository,
        logs=folder / "logs",
    )


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the model repository with engines exported from untrained weights."""
    return untrained_repository()


@pytest.fixture(scope="session")
def settings(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Return the addresses of the shared stack."""
    return stack_settings(repository, tmp_path_factory.mktemp("stack"))


@pytest.fixture(scope="session")
def stack(settings: Settings) -> Iterator[Settings]:
    """Start the stack once for all tests and return its addresses."""
    with Stack(settings):
        yield settings
