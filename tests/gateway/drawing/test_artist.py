from io import BytesIO

import pytest
from PIL import Image

from gateway.drawing.artist import Artist, decode
from gateway.drawing.canvas import Canvas
from gateway.errors import CorruptImage
from tests.gateway.pictures import encoded

pytestmark = pytest.mark.anyio
CORNER = (0, 0, 255)


def with_a_blue_corner(orientation: int) -> bytes:
    """Return a picture that shows, upright, 64 x 48 pixels with blue in the upper left corner."""
    upright = Image.new("RGB", (64, 48))
    upright.paste(CORNER, (0, 0, 16, 16))
    # The inverse of what EXIF asks viewers to do.
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = BytesIO()
    stored.save(buffer, "PNG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation: int) -> None:
    image = decode(with_a_blue_corner(orientation))
    assert image.size == (64, 48)
    assert image.getpixel((2, 2)) == CORNER


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    assert decode(encoded("PNG", mode=mode)).mode == "RGB"


def test_cmyk_becomes_rgb() -> None:
    assert decode(encoded("JPEG", mode="CMYK")).mode == "RGB"


@pytest.mark.parametrize("content", [b"", b"hello", encoded("PNG")[:60], b"GIF89a" + bytes(20)])
def test_what_cannot_be_decoded(content: bytes) -> None:
    with pytest.raises(CorruptImage):
        decode(content)


async def test_sixteen_bit_grey_keeps_its_brightness() -> None:
    buffer = BytesIO()
    Image.new("I;16", (8, 8), 0x8000).save(buffer, "PNG")
    assert decode(buffer.getvalue()).getpixel((4, 4)) == (128, 128, 128)


async def test_annotate_draws_on_the_picture_and_encodes_it() -> None:
    def frame(canvas: Canvas) -> None:
        canvas.draw.rectangle((0, 0, 63, 47), fill=(255, 255, 255))

    picture = Image.open(BytesIO(await Artist(90, 1).annotate(encoded(), frame)))
    assert (picture.format, picture.getpixel((30, 20))) == ("JPEG", (255, 255, 255))
