"""A real Prometheus on a free port, with its data in a folder of its own, ended by its process id."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.conftest import free_ports
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MISSING = "{} is not installed: make prometheus (Debian's package prometheus)"


def executable(name: str) -> str:
    path = shutil.which(name)
    if not path:
        pytest.fail(MISSING.format(name))
    return path


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool, in the folder of its last argument, and return what it said."""
    command = [executable("promtool"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


class Prometheus:
    """A client of a Prometheus that runs."""

    def __init__(self, port: int) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)

    def ready(self) -> bool:
        try:
            return self._client.get("/-/ready").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer without any error or warning."""
        answer = self._client.get(f"/api/v1/{path}", params=parameters).json()
        assert answer["status"] == "success", f"{parameters}: {answer}"
        assert not answer.get("warnings"), f"{parameters}: {answer['warnings']}"
        return answer["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return result

    def value(self, expression: str) -> float:
        """Return the one value of a query, 0 where there is none."""
        return sum(float(series["value"][1]) for series in self.query(expression))

    def close(self) -> None:
        self._client.close()


@contextmanager
def running(config: Path, folder: Path, **variables: str) -> Iterator[Prometheus]:
    """Start one, and let its configuration refer to these variables of its environment."""
    port = free_ports(1)[0]
    arguments = {
        "config.file": config,
        "storage.tsdb.path": folder / "data",
        "web.listen-address": f"127.0.0.1:{port}",
        # Otherwise the package's paths, which need not be readable.
        "web.console.templates": folder,
        "web.console.libraries": folder,
        # As Prometheus 3 does anyway.
        "enable-feature": "expand-external-labels",
    }
    log = folder / "prometheus.log"
    with log.open("wb") as output:
        command = [executable("prometheus"), *(f"--{name}={value}" for name, value in arguments.items())]
        process = subprocess.Popen(command, stdout=output, stderr=output, env=os.environ | variables)
    prometheus = Prometheus(port)
    try:
        wait_until(prometheus.ready, lambda: log.read_text() + f"ended: {process.poll()}", STARTING)
        yield prometheus
    finally:
        prometheus.close()
        process.terminate()
        process.wait(30)
