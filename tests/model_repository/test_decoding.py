from __future__ import annotations

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from decoding import CorruptImageError, decode
from PIL import Image

from tests.model_repository.pictures import encode, scene, upright, with_orientation
from tests.repositories import ROOT

SCENE = scene(48, 64)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(form: str, orientation: int) -> None:
    decoded = decode(with_orientation(SCENE, orientation, form))
    expected = upright(SCENE, orientation)
    assert decoded.shape == expected.shape
    # JPEG is lossy; turned the wrong way the mean difference is above 50.
    assert np.abs(decoded.astype(int) - expected).mean() <= (10 if form == "JPEG" else 0)


def test_grayscale_becomes_rgb() -> None:
    gray = SCENE[..., 0]
    assert (decode(encode(gray)) == gray[..., None]).all()


def test_sixteen_bits_become_eight() -> None:
    deep = Image.fromarray(SCENE[..., 0].astype(np.uint16) * 257)
    assert (decode(encode(deep)) == SCENE[..., :1]).all()


def test_palette_becomes_rgb() -> None:
    palette = Image.fromarray(SCENE).convert("P")
    assert (decode(encode(palette)) == np.asarray(palette.convert("RGB"))).all()


def test_transparency_is_dropped() -> None:
    transparent = np.dstack([SCENE, np.full(SCENE.shape[:2], 7, np.uint8)])
    assert (decode(encode(transparent)) == SCENE).all()


def test_cmyk_becomes_rgb() -> None:
    data = encode(Image.fromarray(SCENE).convert("CMYK"), "JPEG", quality=95)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(decode(data) - expected).max() <= 2


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_truncated_files_are_corrupt(form: str, share: float) -> None:
    data = encode(scene(200, 300), form)
    with pytest.raises(CorruptImageError):
        decode(data[: int(len(data) * share)])


@pytest.mark.parametrize("form", ["BMP", "GIF", "TIFF"])
def test_other_formats_are_refused(form: str) -> None:
    with pytest.raises(CorruptImageError, match="not a JPEG, PNG or WebP"):
        decode(encode(SCENE, form))


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF....WEBP", b"junk" * 99])
def test_junk_is_corrupt(data: bytes) -> None:
    with pytest.raises(CorruptImageError):
        decode(data)


def test_the_limit_of_pixels_holds_before_decoding() -> None:
    program = (
        "import sys, decoding\n"
        "try: decoding.decode(sys.stdin.buffer.read())\n"
        "except decoding.TooManyPixelsError as error: print(error.marker)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        input=encode(scene(40, 30)),
        env={
            **os.environ,
            "OPENCV_IO_MAX_IMAGE_PIXELS": "1199",
            "PYTHONPATH": str(ROOT / "model_repository/detect/1"),
        },
        capture_output=True,
        check=True,
    )
    assert result.stdout.strip() == b"too-many-pixels"
