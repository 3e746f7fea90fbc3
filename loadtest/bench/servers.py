"""Starting and ending the servers of the run, each alone on ports that were free."""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from embedded.processes import die_with_parent, kill_session
from loadtest.bench.errors import ServerError
from loadtest.bench.systems import Running
from stack.settings import Settings
from stack.supervisor import Stack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 10.0


@contextmanager
def stack(repository: Path, folder: Path) -> Iterator[Running]:
    """Run Triton and the gateway as `make up` does."""
    http, grpc, metrics, gateway = free_ports(4)
    settings = replace(
        Settings(),
        triton_http_port=http,
        triton_grpc_port=grpc,
        triton_metrics_port=metrics,
        gateway_port=gateway,
        repository=repository,
        logs=folder / "logs",
        gateway_environment={"GATEWAY_LOG_LEVEL": "WARNING"},
    )
    with Stack(settings) as running:
        yield Running(
            roots=(running.process_id("triton"), running.process_id("gateway")),
            addresses={"http": f"{HOST}:{gateway}", "grpc": f"{HOST}:{grpc}"},
            statistics_url=f"http://{HOST}:{http}/v2/models/stats",
            metrics_url=f"http://{HOST}:{metrics}/metrics",
        )


@contextmanager
def program(
    command: Sequence[str], environment: dict[str, str], log: Path, transport: str = "http"
) -> Iterator[Running]:
    """Run a server; `PORT` in its command is replaced by a free port. Returns when the port accepts connections."""
    (port,) = free_ports(1)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [part.replace("PORT", str(port)) for part in command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - no threads are running here
        )
    try:
        _wait(process, port, log, transport)
        yield Running(roots=(process.pid,), addresses={transport: f"{HOST}:{port}"})
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        kill_session(process.pid)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, transport: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(port, transport):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServerError(f"the server did not start; see {log}")
        time.sleep(0.1)


def _answers(port: int, transport: str) -> bool:
    try:
        if transport == "grpc":
            socket.create_connection((HOST, port), timeout=5).close()
            return True
        # Any answer, 404 as well: worker processes accept connections before they have loaded their models.
        urllib.request.urlopen(f"http://{HOST}:{port}/", timeout=30).close()
    except urllib.error.HTTPError:
        return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    return True


def free_ports(count: int) -> list[int]:
    """Return ports of the loopback interface that nobody listens on."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
