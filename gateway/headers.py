"""Width and height of a picture from the first bytes of its file, nothing decoded, nothing allocated.

Not Pillow's own readers: in a JPEG they look for the next marker byte by byte, so that 20 MB of junk would hold the
event loop for seconds; in a PNG they unpack compressed texts; for a WebP they allocate the canvas.
"""

import re
import struct
from collections.abc import Callable
from itertools import repeat
from typing import NamedTuple

from gateway.errors import CorruptImage, NotAnImage

# ITU-T T.81, B.1.1.2: a marker is 0xFF, more of which may stand before it, and a byte that is neither 0x00 nor 0xFF.
# Written without a repetition, so that searching takes time in proportion to the length, whatever the content.
MARKER = re.compile(rb"\xff([^\x00\xff])")
# T.81, table B.1: start of frame, all kinds. C4 (Huffman tables), C8 and CC (arithmetic coding) are not frames.
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset(range(0xD0, 0xD9)) | {0x01}  # markers without a segment
SCAN, END = 0xDA, 0xD9
# Real files have some dozen segments, with extended XMP some hundred, and few bytes or none between them.
MAX_SEGMENTS, MAX_BETWEEN = 2048, 1024


class Size(NamedTuple):
    """In pixels, as stored: EXIF orientation is not applied."""

    width: int
    height: int


def read_size(data: bytes) -> Size:
    """Return the size of a JPEG, PNG or WebP file.

    Raises `NotAnImage` when the content is none of them, `CorruptImage` when it begins like one and goes on wrongly.
    """
    read = _reader(data)
    try:
        size = read(data)
    except (struct.error, IndexError) as truncated:
        raise CorruptImage from truncated
    if 0 in size:
        raise CorruptImage
    return size


def _reader(data: bytes) -> Callable[[bytes], Size]:
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp
    raise NotAnImage


def _jpeg(data: bytes) -> Size:
    at = 2
    for _ in repeat(None, MAX_SEGMENTS):
        found = MARKER.search(data, at, at + MAX_BETWEEN)
        if not found or found[1][0] in (SCAN, END):
            break
        marker, at = found[1][0], found.end()
        if marker in FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return Size(width, height)
        if marker not in ALONE:
            at += struct.unpack_from(">H", data, at)[0]
    raise CorruptImage


def _png(data: bytes) -> Size:
    # PNG (third edition), 5.6: IHDR comes first.
    if data[12:16] != b"IHDR":
        raise CorruptImage
    return Size(*struct.unpack_from(">II", data, 16))


def _webp(data: bytes) -> Size:
    # RFC 9649: extended (2.7), lossless (3.4) and lossy (RFC 6386, 9.1) files keep it in different places.
    match data[12:16]:
        case b"VP8X":
            return Size(*(int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27)))
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
        case b"VP8 ":
            return Size(*(side & 0x3FFF for side in struct.unpack_from("<HH", data, 26)))
    raise CorruptImage
