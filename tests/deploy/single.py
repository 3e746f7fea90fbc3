"""`python -m stack.single` as the all-in-one image runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpx
import psutil

from tests.conftest import free_ports
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PORTS = ("PORT", "TRITON_HTTP_PORT", "TRITON_GRPC_PORT", "TRITON_METRICS_PORT", "GATEWAY_PORT", "UI_PORT")


class Single:
    """The process, where it listens, and what it said."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, log: Path) -> None:
        self.process = process
        self.url = url
        self._log = log

    def said(self) -> str:
        return self._log.read_text()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, self.said, STARTING)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "single: ready" in self.said()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def starting(repository: Path, folder: Path, **environment: str) -> Iterator[Single]:
    """Start it, with ports and temporary files of its own, and end it with the context."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)) | environment
    temporary = folder / "tmp"
    temporary.mkdir()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stack.single"],
            cwd=ROOT,
            env={**os.environ, "MODEL_REPOSITORY": str(repository), "TMPDIR": str(temporary), **ports},
            stdout=log,
            stderr=log,
        )
    try:
        yield Single(process, f"http://127.0.0.1:{ports['PORT']}", folder / "log")
    finally:
        process.terminate()
        process.wait(60)


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers=headers, timeout=20)
