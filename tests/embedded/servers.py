"""Embedded servers for tests, started through the command line as people do."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING

import psutil

from tests.conftest import free_ports
from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = ROOT / ".venv/triton/bin/python"


class EmbeddedProcess:
    """`python -m embedded` on free ports."""

    def __init__(self, repository: Path, *arguments: str, python: Path = PYTHON) -> None:
        self.http_port, self.grpc_port, self.metrics_port = free_ports(3)
        ports = zip(("http", "grpc", "metrics"), (self.http_port, self.grpc_port, self.metrics_port), strict=True)
        options = [f"--{name}-port={port}" for name, port in ports]
        self._output = repository.parent / f"output-{self.http_port}.log"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [python, "-m", "embedded", f"--repository={repository}", *options, *arguments],
                cwd=ROOT,
                env={**os.environ, "EMBEDDED_CACHE": str(repository.parent / f"cache-{self.http_port}")},
                stdout=output,
                stderr=output,
            )

    def wait_until_ready(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while "\nembedded: ready" not in self._output.read_text(errors="replace"):
            assert self.process.poll() is None, self.last_line()
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def last_line(self) -> str:
        """Wait for the end and return the last line that was printed."""
        self.process.wait(60)
        return self._output.read_text(errors="replace").strip().splitlines()[-1]

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(60)


def gone(processes: list[psutil.Process], seconds: float = 20.0) -> bool:
    """Tell whether all the processes end in time."""
    deadline = time.monotonic() + seconds
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
