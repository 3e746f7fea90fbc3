import time

import pytest

from gateway.errors import CorruptImage, NotAnImage
from gateway.headers import read_size
from tests.gateway.pictures import encoded, oriented

PNG_BOMB = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (12000).to_bytes(4, "big") * 2


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True}),
        ("JPEG", {"mode": "CMYK"}),
        ("JPEG", {"icc_profile": b"\x00\xff\xc0" * 50_000}),  # several segments, with what looks like markers
        ("JPEG", {"comment": b"\xff\xc0\x00\x11\x08\x00\x01\x00\x01"}),
        ("PNG", {}),
        ("PNG", {"mode": "P"}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"mode": "RGBA", "exif": b"Exif\x00\x00"}),  # the extended form
    ],
)
def test_size_of_every_format(kind: str, options: dict[str, object]) -> None:
    assert read_size(encoded(kind, (321, 123), **options)) == (321, 123)  # type: ignore[arg-type]


def test_size_is_as_stored_not_as_displayed() -> None:
    assert read_size(oriented(6, (64, 48))) == (64, 48)


def test_a_bomb_is_measured_from_its_header() -> None:
    assert read_size(PNG_BOMB) == (12000, 12000)


@pytest.mark.parametrize(
    "content", [b"", b"x", b"GIF89a" + bytes(50), b"BM" + bytes(50), b"RIFF1234WAVEfmt ", b"%PDF-1.7"]
)
def test_other_content_is_not_an_image(content: bytes) -> None:
    with pytest.raises(NotAnImage):
        read_size(content)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_headers_cut_short_are_corrupt(kind: str) -> None:
    with pytest.raises(CorruptImage):
        read_size(encoded(kind)[:16])


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(8),
        b"\x89PNG\r\n\x1a\n" + bytes(40),
        b"RIFF\x00\x00\x00\x00WEBPVP9 " + bytes(40),
        b"\xff\xd8\xff\xda" + bytes(40),
    ],
)
def test_headers_that_go_on_wrongly_are_corrupt(content: bytes) -> None:
    with pytest.raises(CorruptImage):
        read_size(content)


@pytest.mark.parametrize(
    "junk", [b"\xff", b"\x01", b"\xff\xe1\x00\x02", b"\xff\x01", b"\xff\xe1\x00\x00", b"\xff" * 1000 + b"\x01"]
)
def test_junk_is_given_up_quickly(junk: bytes) -> None:
    """It is read in the event loop."""
    content = b"\xff\xd8\xff" + junk * (20_000_000 // len(junk))
    started = time.perf_counter()
    with pytest.raises(CorruptImage):
        read_size(content)
    assert time.perf_counter() - started < 1  # byte by byte it takes several
