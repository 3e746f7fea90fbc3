"""The metrics of one worker or of all of them together, as they are scraped."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

# The library's own variable; it is read when the library is imported, so it must stand before a worker starts.
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared(workers: int) -> Iterator[None]:
    """Give several workers a folder for their values, unless the operator gave one; ours is removed at the end."""
    if workers == 1 or DIRECTORY in os.environ:
        yield
        return
    folder = tempfile.mkdtemp(prefix="gateway-metrics-")
    os.environ[DIRECTORY] = folder
    try:
        yield
    finally:
        del os.environ[DIRECTORY]
        shutil.rmtree(folder, ignore_errors=True)


def expose(own: CollectorRegistry, accept: str) -> tuple[bytes, str]:
    """Return what is scraped and its media type: OpenMetrics for those who ask, else Prometheus' text.

    `own` is the registry of this worker.
    """
    encode, media_type = choose_encoder(accept)
    return encode(_of_all_workers() if DIRECTORY in os.environ else own), media_type


def bury() -> None:
    """Take workers that are gone out of the gauges; their counters stay, as counters never fall."""
    if DIRECTORY not in os.environ:
        return
    for path in Path(os.environ[DIRECTORY]).glob("gauge_live*_*.db"):
        process = int(path.stem.rpartition("_")[2])
        if not _lives(process):
            with suppress(FileNotFoundError):  # another worker was faster
                mark_process_dead(process)  # type: ignore[no-untyped-call]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):  # gone, or somebody else's by now
        return False
    return True


def _of_all_workers() -> CollectorRegistry:
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry
