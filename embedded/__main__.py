"""`python -m embedded`: serve a model repository in the foreground until a signal or the end of the parent."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING

from embedded.errors import EmbeddedError
from embedded.server import Server
from embedded.settings import Settings, parse_arguments

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType


def main() -> int:
    settings = parse_arguments()
    for number in (signal.SIGINT, signal.SIGTERM):
        # SIGINT too: a shell without job control starts what it puts into the background with SIGINT ignored.
        signal.signal(number, _interrupt)
    started = time.monotonic()
    try:
        with log_file(settings.log_file) as log, Server(settings, log) as server:
            print(ready_line(settings, time.monotonic() - started), flush=True)
            return server.wait()
    except KeyboardInterrupt:
        return 0
    except EmbeddedError as error:
        print(f"embedded: {error}", file=sys.stderr)
        return 1


def log_file(path: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    if path is None:
        return nullcontext()
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("wb")


def ready_line(settings: Settings, seconds: float) -> str:
    return (
        f"embedded: ready after {seconds:.1f} s; gRPC {settings.host}:{settings.grpc_port}, "
        f"HTTP {settings.host}:{settings.http_port}, metrics {settings.host}:{settings.metrics_port}"
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
