"""What is sent is no larger than useful and upright; what cannot be sent is refused with a sentence."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from PIL import ExifTags, Image
from pydantic import ByteSize

from ui.errors import BadPicture
from ui.pictures import prepare
from ui.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = Settings(send_side=200)
RED, BLUE = (255, 0, 0), (0, 0, 255)


def saved(folder: Path, size: tuple[int, int], form: str = "JPEG", orientation: int = 1) -> Path:
    """Save a picture that is red above and blue below, as its pixels lie in the file."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (0, size[1] // 2, *size))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = folder / f"picture.{form.lower()}"
    image.save(path, form, exif=exif)
    return path


def sent(path: Path, settings: Settings = SETTINGS) -> Image.Image:
    return Image.open(BytesIO(prepare(path, settings).content))


@pytest.mark.parametrize(("form", "media"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_small_picture_is_sent_as_it_is(tmp_path: Path, form: str, media: str) -> None:
    path = saved(tmp_path, (100, 80), form)
    picture = prepare(path, SETTINGS)
    assert picture.content == path.read_bytes()
    assert (picture.media, picture.width, picture.height) == (media, 100, 80)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_is_scaled_down_and_keeps_its_size_for_the_boxes(tmp_path: Path, form: str) -> None:
    path = saved(tmp_path, (800, 400), form)
    picture = prepare(path, SETTINGS)
    assert sent(path).size == (200, 100)
    assert picture.media == "image/jpeg"
    assert picture.scale(200, 100) == (4, 4)


def test_a_heavy_file_is_compressed_anew(tmp_path: Path) -> None:
    path = tmp_path / "noise.png"
    Image.effect_noise((200, 200), 80).convert("RGB").save(path)
    picture = prepare(path, Settings(send_side=200, send_bytes=ByteSize(30_000)))
    assert picture.media == "image/jpeg"
    assert len(picture.content) < path.stat().st_size / 2


@pytest.mark.parametrize("form", ["GIF", "BMP"])
def test_what_the_gateway_does_not_take_is_converted(tmp_path: Path, form: str) -> None:
    assert prepare(saved(tmp_path, (100, 80), form), SETTINGS).media == "image/jpeg"


@pytest.mark.parametrize("size", [(100, 60), (800, 480)])
def test_the_size_is_that_of_the_picture_as_it_is_displayed(tmp_path: Path, size: tuple[int, int]) -> None:
    picture = prepare(saved(tmp_path, size, orientation=6), SETTINGS)
    assert (picture.width, picture.height) == size[::-1]


def test_a_picture_that_is_scaled_down_is_turned_upright_once(tmp_path: Path) -> None:
    # Orientation 6: the first row of the file is the right side of the picture.
    image = sent(saved(tmp_path, (800, 480), orientation=6)).convert("RGB")
    assert image.size == (120, 200)
    assert image.getexif().get(ExifTags.Base.Orientation, 1) == 1
    left, right = image.getpixel((10, 100)), image.getpixel((110, 100))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[2] > 200 > left[0]
    assert right[0] > 200 > right[2]


def test_transparent_pictures_can_be_scaled_down(tmp_path: Path) -> None:
    Image.new("RGBA", (800, 400), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert sent(tmp_path / "clear.png").mode == "RGB"


@pytest.mark.parametrize("content", [b"", b"not a picture", b"GIF89a"])
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(BadPicture):
        prepare(path, SETTINGS)


def test_a_truncated_picture_is_refused_when_it_must_be_decoded(tmp_path: Path) -> None:
    path = saved(tmp_path, (800, 400))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(BadPicture):
        prepare(path, SETTINGS)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPicture):
        prepare(tmp_path / "gone.jpg", SETTINGS)


def test_too_many_pixels_are_refused_by_the_header(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match=r"0\.01 million pixels"):
        prepare(saved(tmp_path, (200, 100)), Settings(max_pixels=10_000))


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    Image.new("1", (14_000, 14_000)).save(path)
    with pytest.raises(BadPicture, match="million pixels"):
        prepare(path, SETTINGS)


def test_too_large_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPicture, match="larger than"):
        prepare(saved(tmp_path, (100, 100)), Settings(max_upload=ByteSize(100)))
