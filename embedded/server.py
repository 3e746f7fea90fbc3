"""Start tritonserver, wait until it is ready, tell what failed, and leave no process behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from embedded.errors import ModelLoadError, PortInUseError, RepositoryError, StartError
from embedded.host import check_host, libpython_directory
from embedded.installation import Installation, assemble_backends
from embedded.processes import die_with_parent, kill_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedded.settings import Settings

POLL_SECONDS = 0.05


class Server:
    """One tritonserver process with its Python models.

    Use as a context manager: entering returns when every model is loaded, leaving ends the process.
    Entering raises `EmbeddedError`, with one line that says what is wrong.
    """

    def __init__(self, settings: Settings, log: IO[bytes] | None = None) -> None:
        """`log` takes the output of tritonserver; None leaves it on the terminal."""
        self._settings = settings
        self._log = log

    def __enter__(self) -> Self:
        check_host()
        check_repository(self._settings.repository)
        check_ports(
            self._settings.host, (self._settings.http_port, self._settings.grpc_port, self._settings.metrics_port)
        )
        installation = Installation.find()
        backends = assemble_backends(installation, self._settings.cache.resolve() / "backends")
        self.process = subprocess.Popen(
            command(self._settings, installation, backends),
            env=environment(installation),
            stdout=self._log,
            stderr=self._log,
            # A session of its own: Ctrl-C at the terminal reaches us alone, and we decide what Triton is told.
            start_new_session=True,
            preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - no threads are running here
        )
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait(self) -> int:
        """Wait for the end of the server and return its exit status."""
        return self.process.wait()

    def stop(self) -> None:
        """End the server: requests under way get the shutdown timeout, then it is killed with its Python models."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(self._settings.shutdown_timeout + 5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        kill_session(self.process.pid)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self._settings.startup_timeout
        # Triton opens its HTTP port after loading: from then on the index is final.
        while (index := repository_index(self._settings)) is None:
            if self.process.poll() is not None:
                raise StartError(f"tritonserver ended with status {self.process.returncode}; its log says why")
            if time.monotonic() > deadline:
                raise StartError(f"tritonserver was not ready after {self._settings.startup_timeout:g} s")
            time.sleep(POLL_SECONDS)
        if failures := [failure(entry) for entry in index if entry.get("state") == "UNAVAILABLE"]:
            raise ModelLoadError("; ".join(failures))


def command(settings: Settings, installation: Installation, backends: Path) -> list[str]:
    """Return the command line of tritonserver."""
    arguments = [
        str(installation.executable),
        f"--model-repository={settings.repository.resolve()}",
        f"--backend-directory={backends}",
        f"--cache-directory={installation.caches}",
        f"--http-address={settings.host}",
        f"--http-port={settings.http_port}",
        f"--grpc-address={settings.host}",
        f"--grpc-port={settings.grpc_port}",
        f"--metrics-address={settings.host}",
        f"--metrics-port={settings.metrics_port}",
        f"--model-control-mode={settings.model_control}",
        f"--exit-timeout-secs={settings.shutdown_timeout}",
        f"--log-verbose={settings.log_verbose}",
        # We read the reasons of failed models from the index, so the server has to survive them.
        "--exit-on-error=false",
        # Every config is complete; completing them would start each Python model twice.
        "--disable-auto-complete-config",
        "--allow-gpu-metrics=false",
        "--pinned-memory-pool-byte-size=0",
    ]
    if settings.model_control == "explicit":
        arguments += [f"--load-model={model}" for model in settings.load]
    if settings.profile:
        arguments.append(f"--model-config-name={settings.profile}")
    return [*arguments, *settings.server_arguments]


def environment(installation: Installation) -> dict[str, str]:
    """Return the environment of tritonserver: what the embedded interpreters of its Python models need to start.

    They ignore PYTHONPATH and PYTHONHOME, and take the packages of the first `python3` on the PATH.
    """
    libraries = [str(installation.libraries), str(libpython_directory()), os.environ.get("LD_LIBRARY_PATH", "")]
    return {
        **os.environ,
        "LD_LIBRARY_PATH": ":".join(filter(None, libraries)),
        # ONNX Runtime would keep a device id and a database of events in the home folder.
        "ORT_DISABLE_TELEMETRY": "1",
        "PATH": f"{Path(sys.prefix) / 'bin'}:{os.environ.get('PATH', os.defpath)}",
    }


def check_repository(repository: Path) -> None:
    """Raise `RepositoryError` when there is nothing to serve."""
    if not repository.is_dir():
        raise RepositoryError(f"the model repository {repository} does not exist: name it with --repository")


def check_ports(host: str, ports: Sequence[int]) -> None:
    """Raise `PortInUseError` for the first port that somebody else listens on."""
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise PortInUseError(
                    f"port {port} on {host} is taken ({error.strerror}): choose another one"
                ) from error


def repository_index(settings: Settings) -> list[dict[str, str]] | None:
    """Ask the server which models it has and in which state; None while it does not answer."""
    url = f"http://{settings.host}:{settings.http_port}/v2/repository/index"
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5) as answer:
            index: list[dict[str, str]] = json.load(answer)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return None
    return index


def failure(entry: dict[str, str]) -> str:
    reason = entry.get("reason", "unknown reason").strip().splitlines()[0]
    return f"model {entry['name']} failed to load: {reason}"
