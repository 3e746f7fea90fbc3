"""A picture on its way to the gateway: checked by its header, and made smaller where more pixels would not help."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import ExifTags, Image, ImageOps

from ui.errors import BadPicture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ui.settings import Settings

# What the gateway takes as it is; the others that browsers show are converted.
MEDIA: Mapping[str, str] = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
SIDEWAYS = 5  # from here on, EXIF orientations exchange width and height


@dataclass(frozen=True, slots=True)
class Picture:
    """What is sent, and the size in pixels of the original as it is displayed."""

    content: bytes
    media: str
    width: int
    height: int

    def scale(self, width: int, height: int) -> tuple[float, float]:
        """Return the factors from pixels of a picture of this size, such as the sent one, to pixels of the original."""
        return self.width / width, self.height / height


def prepare(path: Path, settings: Settings) -> Picture:
    """Return what to send; raises `BadPicture`. Takes CPU for as long as decoding takes: call it in a thread."""
    if not path.is_file() or not path.stat().st_size:
        raise BadPicture("The file is empty. Please choose another picture.")
    if path.stat().st_size > settings.max_upload:
        raise BadPicture(f"The file is larger than {settings.max_upload.human_readable(decimal=True)}.")
    try:
        with Image.open(path, formats=FORMATS) as image:
            return _prepared(image, path, settings)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(settings) from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise BadPicture from error


def _prepared(image: Image.Image, path: Path, settings: Settings) -> Picture:
    if image.width * image.height > settings.max_pixels:
        raise _too_many_pixels(settings)
    width, height = displayed(image)
    media = MEDIA.get(image.format or "")
    small = max(image.size) <= settings.send_side and path.stat().st_size <= settings.send_bytes
    if media and small:
        return Picture(path.read_bytes(), media, width, height)
    return Picture(_compressed(image, settings), MEDIA["JPEG"], width, height)


def displayed(image: Image.Image) -> tuple[int, int]:
    """Return width and height with the EXIF orientation applied, without decoding the picture."""
    sideways = image.getexif().get(ExifTags.Base.Orientation, 1) >= SIDEWAYS
    return (image.height, image.width) if sideways else image.size


def _compressed(image: Image.Image, settings: Settings) -> bytes:
    side = settings.send_side
    image.draft(
        "RGB", (side, side)
    )  # a JPEG is decoded at an eighth, a quarter or half of its size, where that will do
    upright = ImageOps.exif_transpose(image).convert("RGB")
    upright.thumbnail((side, side), Image.Resampling.LANCZOS)
    encoded = BytesIO()
    upright.save(encoded, "JPEG", quality=settings.jpeg_quality)
    return encoded.getvalue()


def _too_many_pixels(settings: Settings) -> BadPicture:
    return BadPicture(f"The picture has more than {settings.max_pixels / 1e6:g} million pixels. Please scale it down.")
