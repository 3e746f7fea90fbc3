"""A real Redis on a free port, ended by its process id."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import redis

from tests.conftest import free_ports
from tests.waiting import wait_until

MISSING = "redis-server is not installed: apt-get install redis-server (version 7 or newer)"


@dataclass
class RedisServer:
    """Can be killed and started again on the same port; with `durable` it finds again what it had accepted."""

    port: int
    folder: Path
    durable: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        executable = shutil.which("redis-server")
        if not executable:
            pytest.fail(MISSING)
        options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "dir": str(self.folder),
            "daemonize": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen([executable, *arguments], stdout=log, stderr=log)
        wait_until(self._answers, (self.folder / "redis.log").read_text)

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self) -> "redis.Redis":
        return redis.Redis(port=self.port)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


@contextmanager
def running(folder: Path, *, durable: bool = False) -> Iterator[RedisServer]:
    server = RedisServer(free_ports(1)[0], folder, durable)
    server.start()
    try:
        yield server
    finally:
        server.kill()
