"""Fetch one file, complete and as published, or not at all."""

import hashlib
from collections.abc import Callable, Iterator
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from export.errors import ChecksumError, WeightsUnavailableError
from export.files import replacing

Progress = Callable[[int, int | None], None]
"""Called with the bytes that have arrived and the bytes expected, None where the server does not say."""

TIMEOUT_SECONDS = 20.0  # without a byte; not for the whole file
CHUNK_BYTES = 1 << 18


def download(url: str, target: Path, sha256: str, progress: Progress) -> None:
    """Write the file at `url` to `target` once its checksum is right.

    Raises:
        WeightsUnavailableError: the server cannot be reached, refuses, or breaks off
        ChecksumError: what arrived is another file
    """
    digest = hashlib.sha256()
    with replacing(target) as file:
        for chunk in _fetch(url, progress):
            file.write(chunk)
            digest.update(chunk)
        if digest.hexdigest() != sha256:
            raise ChecksumError(f"{url} has SHA-256 {digest.hexdigest()} instead of {sha256}; nothing was kept")


def _fetch(url: str, progress: Progress) -> Iterator[bytes]:
    if not url.startswith(("https://", "http://")):
        raise WeightsUnavailableError(f"{url} is not an http address")
    try:
        with urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the scheme was checked above
            size = answer.headers["Content-Length"]
            total, done = int(size) if size else None, 0
            while chunk := answer.read(CHUNK_BYTES):
                done += len(chunk)
                progress(done, total)
                yield chunk
    except (OSError, HTTPException) as error:  # URLError, refused, reset and timed out are all OSErrors
        raise WeightsUnavailableError(f"{url}: {error}") from error
    if total is not None and done < total:
        raise WeightsUnavailableError(f"{url} broke off after {done} of {total} bytes")
