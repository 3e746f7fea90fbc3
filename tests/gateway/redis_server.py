"""A real Redis for a test: on a free port, keeping nothing."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import redis

SERVER = shutil.which("redis-server") or "redis-server"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def redis_running(port: int | None = None) -> Iterator[str]:
    """Yield its address; afterwards it is gone."""
    port = port or free_port()
    options = {"port": port, "bind": "127.0.0.1", "save": "", "appendonly": "no", "logfile": ""}
    command = [SERVER, *(part for name, value in options.items() for part in (f"--{name}", str(value)))]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()


def _wait(port: int) -> None:
    until = time.monotonic() + 10
    with closing(redis.Redis(port=port)) as client:
        while time.monotonic() < until:
            with suppress(redis.ConnectionError):
                client.ping()
                return
            time.sleep(0.02)
    raise TimeoutError("redis-server does not answer")
