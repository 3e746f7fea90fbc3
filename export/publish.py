"""Put a finished engine folder in the place of the old one: at any moment there is one or the other, never a mixture.

A folder is staged on the file system of its target, flushed to the disk, and swapped with the target in one system
call. Whoever writes to a repository holds its lock; a staging folder found under the lock was left by a process that
died, and is removed. A Triton that starts meanwhile sees none of this.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from export.console import Console
from export.exchange import exchange

STAGING, RETIRED = ".staging-", ".retired-"


@contextmanager
def locked(repository: Path, console: Console) -> Iterator[None]:
    """Hold the repository against other exports and clean up after one that died.

    The lock is on the folder itself and belongs to this process: nothing is left to unlock after a crash.
    """
    repository.mkdir(parents=True, exist_ok=True)
    handle = os.open(repository, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.line(f"another export is writing to {repository}: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        _recover(repository)
        yield
    finally:
        os.close(handle)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Give an empty folder that becomes `target` when the block ends without an exception; needs `locked`."""
    folder = _unseen(target) / f"{STAGING}{target.name}-{os.getpid()}"
    folder.mkdir()  # not mkdtemp: the server, often another user, must be able to read the result
    try:
        yield folder
        _sync(folder)
        _swap(folder, target)
        _sync_folder(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unseen(target: Path) -> Path:
    """Return a folder, not the target itself, whose content Triton takes for no model.

    Every folder at the top of a repository is a model to it, hidden or not, and an unfinished one keeps it from
    starting. In the folder of a model it looks at those alone that have a number for a name.
    """
    neighbours = (path for path in target.parent.glob("[!.]*") if path.is_dir() and not path.is_symlink())
    return min((path for path in neighbours if path != target), default=target.parent)


def _swap(folder: Path, target: Path) -> None:
    if not target.exists():
        folder.rename(target)
    elif not exchange(folder, target):  # a file system that cannot exchange: there is a moment without any
        retired = folder.with_name(f"{RETIRED}{target.name}")
        target.rename(retired)
        folder.rename(target)
        shutil.rmtree(retired)


def _recover(repository: Path) -> None:
    for stale in _left(repository, STAGING):
        shutil.rmtree(stale)
    for retired in _left(repository, RETIRED):
        target = repository / retired.name.removeprefix(RETIRED)
        if target.exists():
            shutil.rmtree(retired)
        else:
            retired.rename(target)


def _left(repository: Path, prefix: str) -> list[Path]:
    return [*repository.glob(f"{prefix}*"), *repository.glob(f"*/{prefix}*")]


def _sync(folder: Path) -> None:
    """Flush every file, then every folder: after a power cut the new name must not point to empty files."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            with (Path(parent) / name).open("rb") as file:
                os.fsync(file.fileno())
        _sync_folder(Path(parent))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
