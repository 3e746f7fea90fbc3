"""The uploaded files, from a form or a raw body, whole and in memory.

The number of bytes is bounded before anything is kept: see `middleware.body_limit`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.errors import MalformedRequest, MissingFile, TooManyFiles, UnsupportedMediaType

RAW_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM_TYPE = "multipart/form-data"
FIELD = "file"


async def read_uploads(request: Request, max_files: int) -> list[bytes]:
    """Return each file's bytes, perhaps none, in the order of the form; one file at least.

    Raises `MissingFile`, `TooManyFiles`, `MalformedRequest`, `UnsupportedMediaType`, and from below `BodyTooLarge` and
    `BodyTimeout`.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared == FORM_TYPE:
        return await _from_form(request, max_files)
    if declared in RAW_TYPES:
        return [await request.body()]
    if not declared and not await request.body():
        raise MissingFile
    raise UnsupportedMediaType


class _InMemoryParser(MultiPartParser):
    # 0 is "never to disk". By default files beyond 1 MB go there, by way of a thread; bodies are capped anyway.
    spool_max_size = 0

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        # Before the parser's own limit: that one raises what a broken form raises.
        if self._current_files >= self.max_files:
            raise TooManyFiles(f"At most {self.max_files - 1} files are accepted in one request.")


async def _from_form(request: Request, max_files: int) -> list[bytes]:
    async with opened_form(request, max_files) as form:
        return await files(form)


@asynccontextmanager
async def opened_form(request: Request, max_files: int, max_fields: int = 16) -> AsyncIterator[FormData]:
    """Provide the form in memory; raises `TooManyFiles`, `MalformedRequest`, and what comes from below."""
    parser = _InMemoryParser(request.headers, request.stream(), max_files=max_files + 1, max_fields=max_fields)
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise MalformedRequest from error
    try:
        yield form
    finally:
        await form.close()


async def files(form: FormData) -> list[bytes]:
    """Return the bytes of every file part, in order; raises `MissingFile` when there is none."""
    parts = [part for part in form.getlist(FIELD) if isinstance(part, UploadFile)]
    if not parts:
        raise MissingFile(f"The form has no file part named `{FIELD}`.")
    return [await part.read() for part in parts]
