"""The uploaded files, from a form or a raw body, whole and in memory.

The number of bytes is bounded before anything is kept: see `middleware.body_limit`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from multipart import MultipartError, MultipartSegment, PushMultipartParser
from starlette.requests import Request

from gateway.errors import MalformedRequest, MissingFile, TooManyFiles, UnsupportedMediaType

RAW_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM_TYPE = "multipart/form-data"
FIELD = "file"
# RFC 2046, 5.1.1. Clients leave the quotes out where the rules want them; the library's own reader stops early then.
BOUNDARY = re.compile(r"""\bboundary=(?:"([^"]+)"|([^";\s]+))""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a form in their order, by name: files, perhaps empty ones, and texts."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def pictures(self) -> list[bytes]:
        """Return the files called `FIELD`; raises `MissingFile` when there is none."""
        pictures = [content for name, content in self.files if name == FIELD]
        if not pictures:
            raise MissingFile(f"The form has no file part named `{FIELD}`.")
        return pictures


async def read_uploads(request: Request, max_files: int) -> list[bytes]:
    """Return each file's bytes, perhaps none, in the order of the form; one file at least.

    Raises `MissingFile`, `TooManyFiles`, `MalformedRequest`, `UnsupportedMediaType`, and from below `BodyTooLarge` and
    `BodyTimeout`.
    """
    declared = _declared(request)
    if declared == FORM_TYPE:
        return (await read_form(request, max_files)).pictures()
    if declared in RAW_TYPES:
        return [await request.body()]
    if not declared and not await request.body():
        raise MissingFile
    raise UnsupportedMediaType


def is_form(request: Request) -> bool:
    return _declared(request) == FORM_TYPE


async def read_form(request: Request, max_files: int, max_texts: int = 16) -> Form:
    """Return the form; raises `TooManyFiles`, `MalformedRequest`, and what comes from below.

    Not Starlette's: that one takes three times as long, for files too large for memory, which there are none of here.
    """
    body = b"".join([chunk async for chunk in request.stream()])
    try:
        return _parsed(body, _boundary(request), max_files, max_texts)
    except (MultipartError, UnicodeDecodeError) as error:
        raise MalformedRequest from error


def _declared(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _boundary(request: Request) -> str:
    """Return what stands between the parts of a form; empty, which the parser refuses, when that is not said."""
    found = BOUNDARY.search(request.headers["content-type"])
    return found[1] or found[2] if found else ""


def _parsed(body: bytes, boundary: str, max_files: int, max_texts: int) -> Form:
    form = Form()
    with PushMultipartParser(boundary, header_charset="latin-1") as parser:
        for part, content in _parts(parser.parse(body)):
            if _is_file(part):
                form.files.append((part.name, content))
            else:
                form.texts.append((part.name, content.decode()))
            if len(form.files) > max_files:
                raise TooManyFiles(f"At most {max_files} files are accepted in one request.")
            if len(form.texts) > max_texts:
                raise MalformedRequest(f"At most {max_texts} fields are accepted in one form.")
    return form


def _parts(events: Iterator[Any]) -> Iterator[tuple[MultipartSegment, bytes]]:
    """Put together what the parser tells of each part: its headers, pieces of its content, None."""
    for part in events:
        yield part, b"".join(iter(partial(next, events), None))


def _is_file(part: MultipartSegment) -> bool:
    # `filename*` does not belong into forms (RFC 7578, 4.2), but old clients write so what is not ASCII.
    return part.filename is not None or "filename*" in part["Content-Disposition"]
