"""Pictures made on the spot, and files of them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


def scene(height: int, width: int) -> Pixels:
    """Draw something with edges, gradients and a different look in every corner: uint8 [height, width, 3]."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pixels = np.stack([255 * x / max(width, 2), 255 * y / max(height, 2), 127 + 100 * np.sin(x / 7 + y / 11)], axis=-1)
    pixels[height // 8 : height // 3, width // 8 : width // 2] = (250, 40, 30)
    pixels[height // 2 : -height // 8 or None, width // 2 : width // 2 + width // 5] = (20, 60, 240)
    return pixels.clip(0, 255).astype(np.uint8)


def encode(image: Image.Image | Pixels, form: str = "PNG", **options: Any) -> bytes:
    """Encode a picture as a file."""
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def with_orientation(pixels: Pixels, orientation: int, form: str = "PNG") -> bytes:
    """Encode without loss, with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    return encode(pixels, form, exif=exif.tobytes(), **options)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels as a viewer does that honours the EXIF orientation."""
    return {
        1: pixels,
        2: pixels[:, ::-1],
        3: pixels[::-1, ::-1],
        4: pixels[::-1],
        5: pixels.transpose(1, 0, 2),
        6: pixels.transpose(1, 0, 2)[:, ::-1],
        7: pixels.transpose(1, 0, 2)[::-1, ::-1],
        8: pixels.transpose(1, 0, 2)[::-1],
    }[orientation]
