from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.embedded.servers import EmbeddedProcess

if TYPE_CHECKING:
    from pathlib import Path

Launch = Callable[..., EmbeddedProcess]


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    """Start embedded servers that end with the module at the latest."""
    running: list[EmbeddedProcess] = []

    def start(repository: Path, *arguments: str, **options: Path) -> EmbeddedProcess:
        running.append(EmbeddedProcess(repository, *arguments, **options))
        return running[-1]

    yield start
    for server in running:
        server.terminate()  # all of them first: each takes seconds
    for server in running:
        server.stop()


@pytest.fixture(scope="module")
def serve(launch: Launch) -> Launch:
    """Start embedded servers and wait until they are ready."""

    def start(repository: Path, *arguments: str) -> EmbeddedProcess:
        server = launch(repository, *arguments)
        server.wait_until_ready()
        return server

    return start
