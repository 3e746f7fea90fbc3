from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.embedded.servers import EmbeddedProcess

if TYPE_CHECKING:
    from pathlib import Path

Launch = Callable[..., EmbeddedProcess]


@pytest.fixture(scope="module")
def launch() -> Iterator[Launch]:
    """Start embedded servers that end with the module at the latest."""
    with ExitStack() as running:

        def start(repository: Path, *arguments: str, **options: Path) -> EmbeddedProcess:
            server = EmbeddedProcess(repository, *arguments, **options)
            running.callback(server.stop)
            return server

        yield start


@pytest.fixture(scope="module")
def serve(launch: Launch) -> Launch:
    """Start embedded servers and wait until they are ready."""

    def start(repository: Path, *arguments: str) -> EmbeddedProcess:
        server = launch(repository, *arguments)
        server.wait_until_ready()
        return server

    return start
