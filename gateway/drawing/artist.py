"""An encoded picture in, an annotated JPEG out, in a thread."""

from collections.abc import Callable
from io import BytesIO

from anyio import CapacityLimiter, to_thread
from PIL import Image, ImageOps
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from gateway.drawing.canvas import Canvas
from gateway.errors import CorruptImage

# Not by way of `Image.open`: it has a pixel limit of its own, in a variable that all users of Pillow share.
PLUGINS: tuple[Callable[[BytesIO], ImageFile], ...] = (JpegImageFile, PngImageFile, WebPImageFile)


class Artist:
    """Draws at most `workers` pictures at a time: decoded, each takes some hundred times its file's size."""

    def __init__(self, quality: int, workers: int) -> None:
        self._quality = quality
        self._limiter = CapacityLimiter(workers)

    async def annotate(self, picture: bytes, draw: Callable[[Canvas], None]) -> bytes:
        """Return a JPEG of the encoded `picture`, upright, with what `draw` puts on it; raises `CorruptImage`."""
        return await to_thread.run_sync(self._annotate, picture, draw, limiter=self._limiter)

    def _annotate(self, picture: bytes, draw: Callable[[Canvas], None]) -> bytes:
        image = decode(picture)
        draw(Canvas(image))
        encoded = BytesIO()
        image.save(encoded, "JPEG", quality=self._quality)
        return encoded.getvalue()


def decode(picture: bytes) -> Image.Image:
    """RGB and upright (EXIF orientation applied), as boxes are given; raises `CorruptImage`."""
    try:
        upright = ImageOps.exif_transpose(_open(picture))
        if upright.mode.startswith("I"):  # 16 bits a sample, which `convert` would cut off at 255
            upright = upright.point(lambda sample: sample * (1 / 256))
        return upright.convert("RGB")
    except Exception as broken:  # a hostile file may break a decoder in any way
        raise CorruptImage from broken


def _open(picture: bytes) -> ImageFile:
    for plugin in PLUGINS:
        try:
            return plugin(BytesIO(picture))
        except SyntaxError:  # Pillow's word for "not my format"
            continue
    raise CorruptImage
