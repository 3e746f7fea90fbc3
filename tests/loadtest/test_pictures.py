"""The pictures that are sent are the same in every run."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from loadtest.pictures import Pictures, generated, media_type
from loadtest.settings import Album

if TYPE_CHECKING:
    from pathlib import Path


def test_generated_pictures_depend_on_the_seed_alone() -> None:
    assert generated(3, 7) == generated(3, 7)
    assert not set(generated(3, 7)) & set(generated(3, 8))
    assert generated(2, 7) == generated(3, 7)[:2]


def test_generated_pictures_are_like_photos() -> None:
    pictures = generated(5, 1)
    sizes = {Image.open(io.BytesIO(picture)).size for picture in pictures}
    assert len(sizes) == 5
    assert any(width < height for width, height in sizes)
    # A photo takes one to four bits per pixel at this quality; a smooth or a random picture would not.
    for picture in pictures:
        width, height = Image.open(io.BytesIO(picture)).size
        assert 1 < 8 * len(picture) / (width * height) < 4


def test_the_files_of_a_folder_go_round_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg", "c.WEBP", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    pictures = Pictures.of(Album(images=tmp_path))
    assert [pictures.next() for _ in range(4)] == [b"a.jpg", b"b.png", b"c.WEBP", b"a.jpg"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no pictures"):
        Pictures.of(Album(images=tmp_path))


@pytest.mark.parametrize(("form", "expected"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("JPEG", "image/jpeg")])
def test_pictures_are_declared_as_what_they_are(form: str, expected: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, form)
    assert media_type(file.getvalue()) == expected
