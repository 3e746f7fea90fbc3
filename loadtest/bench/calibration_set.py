"""Whether INT8 was calibrated on the pictures that it is judged by: then its accuracy flatters it."""

from __future__ import annotations

from collections import defaultdict
from filecmp import cmp
from typing import TYPE_CHECKING

from loadtest.bench.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Those that `make tune` reads.
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


def describe(calibration: Path, judging: Iterable[Path]) -> dict[str, int]:
    """Count the pictures of a folder, and those of them that lie in other folders as well, whatever their names.

    Raises:
        ModelError: there are none

    """
    by_size: defaultdict[int, list[Path]] = defaultdict(list)
    for folder in judging:
        for file in _pictures(folder):
            by_size[file.stat().st_size].append(file)
    files = _pictures(calibration)
    if not files:
        raise ModelError(f"no pictures in {calibration}: name a folder of typical ones with --calibration")
    return {"pictures": len(files), "known": sum(_is_among(file, by_size[file.stat().st_size]) for file in files)}


def _pictures(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES]


def _is_among(file: Path, others: list[Path]) -> bool:
    return any(file.samefile(other) or cmp(file, other, shallow=False) for other in others)
