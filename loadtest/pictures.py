"""The pictures that are sent: files of a folder, or generated ones; in the same order in every run."""

from __future__ import annotations

import io
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loadtest.settings import Album

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
# Sizes of photos as they are uploaded: phones and web pages, landscape and portrait; about 0.1 to 0.3 MB each.
SIZES = ((640, 480), (480, 640), (1024, 768), (810, 1080), (1280, 720))
QUALITY = 85


class Pictures:
    """One endless round for all users together. Raises ValueError for a folder without pictures."""

    def __init__(self, files: Sequence[bytes]) -> None:
        if not files:
            raise ValueError(f"no pictures: none of the files ends with {', '.join(SUFFIXES)}")
        self._round = cycle(files)

    @classmethod
    def of(cls, album: Album) -> Pictures:
        """Read the folder, or generate."""
        return cls(folder(album.images) if album.images else generated(album.pictures, album.seed))

    def next(self) -> bytes:
        return next(self._round)


def folder(path: Path) -> list[bytes]:
    """Read the pictures of a folder in the order of their names. Raises OSError."""
    return [file.read_bytes() for file in sorted(path.iterdir()) if file.suffix.lower() in SUFFIXES]


def generated(count: int, seed: int) -> list[bytes]:
    """Make JPEG files that cost as much to send and to decode as photos; nothing is to be found in them."""
    random = np.random.default_rng(seed)
    return [_photo(SIZES[index % len(SIZES)], random) for index in range(count)]


def _photo(size: tuple[int, int], random: np.random.Generator) -> bytes:
    width, height = size
    # Coarse noise, enlarged, is smooth as a sky; fine noise on top is what sensors add. Photos compress like that.
    coarse = random.integers(0, 256, (height // 40, width // 40, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        x, y = int(random.integers(width)), int(random.integers(height))
        w, h = int(random.integers(20, width // 3)), int(random.integers(20, height // 3))
        colour = tuple(int(part) for part in random.integers(0, 256, 3))
        draw.ellipse((x, y, x + w, y + h), fill=colour)
    grain = np.asarray(picture, dtype=np.int16) + random.normal(0, 6, (height, width, 1)).astype(np.int16)
    file = io.BytesIO()
    Image.fromarray(grain.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def media_type(picture: bytes) -> str:
    """Return what an upload of this file is declared as; the gateway looks at the content anyway."""
    if picture.startswith(b"\x89PNG"):
        return "image/png"
    return "image/webp" if picture[8:12] == b"WEBP" else "image/jpeg"
