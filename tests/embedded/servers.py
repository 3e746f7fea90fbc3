"""Embedded servers for tests, started through the command line as people do."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import psutil

from tests.conftest import free_ports
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = ROOT / ".venv/triton/bin/python"
DYING = 5.0
"""Seconds that the kernel may take over processes that were killed, and in which none ends that was forgotten."""


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

    def printed(self) -> str:
        """Return what it and Triton have said so far."""
        return self._output.read_text(errors="replace")

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, self.printed, STARTING)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.last_line()
        return "\nembedded: ready" in self.printed()

    def last_line(self) -> str:
        """Wait for the end and return the last line that was printed."""
        self.process.wait(STARTING)
        return self.printed().strip().splitlines()[-1]

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def terminate(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def stop(self) -> int:
        self.terminate()
        return self.process.wait(STARTING)


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if _is_alive(process)]


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:  # it ended between the two questions
        return False
