"""API keys: `tv_<id>_<secret>`, kept as SHA-256 digests in a TOML file that is read again when it changes.

The secret is 32 random bytes. A slow hash (argon2, bcrypt) protects what people think up; against 2^256 guesses it
would add nothing but milliseconds to every request. The id finds the entry, so that one comparison is enough, and that
one takes the same time wherever the digests differ.
"""

import hashlib
import hmac
import logging
import os
import re
import time
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gateway.access.principal import Principal, Right

PREFIX = "tv_"
FORM = re.compile(r"tv_(?P<id>[a-z0-9]{1,32})_(?P<secret>[A-Za-z0-9_-]{43})")
# Compared with when there is no such id, so that the time taken does not tell.
NOBODY = "0" * 64
# A look at the file costs microseconds, but on a network file system it may stop the event loop.
SECONDS_BETWEEN_LOOKS = 1.0

logger = logging.getLogger(__name__)


class Entry(BaseModel):
    """One `[[keys]]` of the file. Several keys may bear one name: that is how one replaces another."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9]{1,32}$")]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9._@-]{1,64}$")]
    scopes: frozenset[Right]
    quota: Annotated[int, Field(ge=0)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

    @property
    def principal(self) -> Principal:
        return Principal(f"key:{self.name}", self.scopes, self.quota)


ENTRIES = TypeAdapter(list[Entry])


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def read(path: Path) -> dict[str, tuple[str, Principal]]:
    """Return digest and principal by id. Raises `ValueError`, in one line without a key in it, and `OSError`."""
    try:
        entries = ENTRIES.validate_python(tomllib.loads(path.read_text()).get("keys", []))
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{path}: keys.{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    if len({entry.id for entry in entries}) < len(entries):
        raise ValueError(f"{path}: two keys have the same id")
    return {entry.id: (entry.sha256, entry.principal) for entry in entries}


class Keyring:
    """Raises what `read` raises when it is made; later, a file that cannot be read leaves the keys as they were."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._version = _version(path)
        self._looked = time.monotonic()
        self._keys = read(path)

    def find(self, key: str) -> Principal | None:
        """Return whose key it is, or None."""
        self._look_again()
        form = FORM.fullmatch(key)
        if form is None:
            return None
        expected, principal = self._keys.get(form["id"], (NOBODY, None))
        return principal if hmac.compare_digest(expected, digest(form["secret"])) else None

    def _look_again(self) -> None:
        if time.monotonic() - self._looked < SECONDS_BETWEEN_LOOKS:
            return
        self._looked = time.monotonic()
        try:
            version = _version(self._path)
            if version != self._version:
                self._version, self._keys = version, read(self._path)
                logger.info("%d API keys read from %s", len(self._keys), self._path)
        except (OSError, ValueError) as error:
            logger.error("the API keys stay as they were: %s", error)  # noqa: TRY400 - nobody needs the traceback


def _version(path: Path) -> tuple[int, ...]:
    """Return what changes when the file does, also when it is replaced by another one."""
    status = os.stat(path)  # noqa: PTH116 - half the time of Path.stat
    return status.st_mtime_ns, status.st_size, status.st_ino
