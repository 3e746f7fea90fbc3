"""Image files to pixels: the first thing that happens to what a client sent.

Shared by every step that starts from a file: those folders hold a link to this one.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np

Pixels = np.ndarray[Any, np.dtype[np.uint8]]

# What a client may send, by the first bytes of the file. OpenCV knows many more formats; each is attack surface.
SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
RIFF, WEBP = b"RIFF", b"WEBP"


class ImageError(ValueError):
    """A picture that is refused; `marker` tells programs why."""

    marker: str


class CorruptImageError(ImageError):
    """The bytes are not a complete JPEG, PNG or WebP file."""

    marker = "corrupt-image"


class TooManyPixelsError(ImageError):
    """The picture has more pixels than OPENCV_IO_MAX_IMAGE_PIXELS."""

    marker = "too-many-pixels"


def decode(data: bytes) -> Pixels:
    """Decode a JPEG, PNG or WebP file to RGB, uint8 [height, width, 3], upright.

    The EXIF orientation is applied. Grayscale, palette, CMYK and 16-bit pictures become 8-bit RGB, transparency is
    dropped: what `cv2.imread` and with it `ultralytics` see. Raises `CorruptImageError` (also for a truncated file)
    and `TooManyPixelsError`, which is raised before the pixels are decoded.
    """
    if not data.startswith(SIGNATURES) and not (data[:4] == RIFF and data[8:12] == WEBP):
        raise CorruptImageError("not a JPEG, PNG or WebP file")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
    except cv2.error as error:
        if "MAX_IMAGE" in str(error):
            raise TooManyPixelsError("the picture has too many pixels") from error
        raise CorruptImageError("the picture cannot be decoded") from error
    if image is None:
        raise CorruptImageError("the picture cannot be decoded, it may be truncated")
    return cast("Pixels", image)
