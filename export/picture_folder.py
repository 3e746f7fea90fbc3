"""The picture files of a folder. The standard library alone: `export --check` runs before any environment exists."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from export.files import sha256_of

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
LEAST_PICTURES = 20  # to calibrate with: fewer show too little of what will come


def picture_files(folder: Path) -> list[Path]:
    """Return the pictures of a folder and of those below it, by name."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def evenly(files: Sequence[Path], most: int) -> list[Path]:
    """Return at most so many, from everywhere: names often tell when and where."""
    count = min(len(files), most)
    return [files[index * len(files) // count] for index in range(count)]


def digest(folder: Path, files: Sequence[Path]) -> str:
    """Return a SHA-256 of names below the folder and of contents: it tells one set of pictures from another."""
    lines = (f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()
