"""Gateways and pages as processes of their own, to be killed and started again."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from stack.settings import Settings


@dataclass
class Process:
    """`python -m part` in the environment of that part."""

    part: str
    port: int
    environment: Mapping[str, str]
    probe: str
    log: Path
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [ROOT / ".venv" / self.part / "bin/python", "-m", self.part],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )
        wait_until(self._is_ready, self.log.read_text, STARTING)

    def kill(self) -> None:
        if self.running:
            self.running.kill()
            self.running.wait()
            self.running = None

    def _is_ready(self) -> bool:
        assert self.running
        assert self.running.poll() is None, self.log.read_text()
        try:
            return httpx.get(self.url + self.probe).is_success
        except httpx.TransportError:
            return False


def gateway(stack: Settings, port: int, folder: Path, **settings: str) -> Process:
    """Return a gateway in front of the stack's Triton, not started."""
    environment = {"GATEWAY_PORT": str(port), "TRITON_URL": stack.triton_grpc, **settings}
    return Process("gateway", port, environment, "/readyz", folder / "gateway.log")


@contextmanager
def serving_page(gateway_url: str, port: int, folder: Path, **settings: str) -> Iterator[Process]:
    """Start a page for a gateway, and end it."""
    environment = {"GATEWAY_URL": gateway_url, "UI_PORT": str(port), "UI_WAKE_SECONDS": "0.3", **settings}
    environment["GRADIO_TEMP_DIR"] = str(folder / "gradio")  # it is killed, and could not clear up
    process = Process("ui", port, environment, "/healthz", folder / "ui.log")
    process.start()
    try:
        yield process
    finally:
        process.kill()
    assert "Traceback" not in process.log.read_text(), process.log.read_text()
