"""The uploaded file, from a form or a raw body, whole and in memory.

The number of bytes is bounded before anything is kept: see `middleware.body_limit`.
"""

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from gateway.errors import MalformedRequest, MissingFile, UnsupportedMediaType

RAW_TYPES = ("image/jpeg", "image/png", "image/webp")
FORM_TYPE = "multipart/form-data"
FIELD = "file"


async def read_upload(request: Request) -> bytes:
    """Return the file's bytes, perhaps none.

    Raises `MissingFile`, `MalformedRequest`, `UnsupportedMediaType`, and `BodyTooLarge` from below.
    """
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared == FORM_TYPE:
        return await _from_form(request)
    if declared in RAW_TYPES:
        return await request.body()
    if not declared and not await request.body():
        raise MissingFile
    raise UnsupportedMediaType


class _InMemoryParser(MultiPartParser):
    # 0 is "never to disk". By default files beyond 1 MB go there, by way of a thread; bodies are capped anyway.
    spool_max_size = 0


async def _from_form(request: Request) -> bytes:
    try:
        form = await _InMemoryParser(request.headers, request.stream(), max_files=1, max_fields=16).parse()
    except MultiPartException as error:
        raise MalformedRequest from error
    try:
        part = form.get(FIELD)
        if not isinstance(part, UploadFile):
            raise MissingFile(f"The form has no file part named `{FIELD}`.")
        return await part.read()
    finally:
        await form.close()
