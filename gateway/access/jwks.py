"""The keys that sign tokens: a JWKS from a file or an address, kept, and fetched again when it may have changed."""

import asyncio
import json
import logging
import time
from pathlib import Path

import anyio
import httpx
from jwt import PyJWK, PyJWKSet, PyJWTError

from gateway.errors import SigningKeysUnavailable

# A key that was withdrawn is honoured no longer than this, as long as the issuer answers.
FRESH_SECONDS = 300.0
# Unknown key ids cost the issuer no more than one request in this time, however many tokens name one.
RETRY_SECONDS = 10.0
FETCH_SECONDS = 3.0
MAX_BYTES = 1_000_000

logger = logging.getLogger(__name__)


class SigningKeys:
    """`source` is a path, or an address that `gateway.settings` has checked to be https or loopback."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._keys: dict[str | None, PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._one_at_a_time = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None  # kept, or it might be collected before it is done

    async def find(self, kid: str | None) -> PyJWK | None:
        """Return the key of this id, the only one for None, or None when the issuer has no such key.

        Raises `SigningKeysUnavailable` when that cannot be told.
        """
        found = self._known(kid)
        if found is None:
            await self._renew()
            found = self._known(kid)
            if found is None and self._fetched < self._tried:
                raise SigningKeysUnavailable
        elif self._age(self._fetched) > FRESH_SECONDS and not self._one_at_a_time.locked():
            # Nobody waits for it; while the issuer is away the keys that are known go on being good.
            self._renewal = asyncio.create_task(self._renew())
        return found

    def _known(self, kid: str | None) -> PyJWK | None:
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    async def _renew(self) -> None:
        """Fetch, unless that was tried just now or somebody else did while we waited."""
        async with self._one_at_a_time:
            if self._age(self._tried) < RETRY_SECONDS:
                return
            self._tried = time.monotonic()
            try:
                self._keys = _usable(await self._load())
                self._fetched = self._tried
            except (OSError, ValueError, httpx.HTTPError, PyJWTError) as error:
                logger.warning("JWKS not read from %s: %s %s", self._source, type(error).__name__, error)

    async def _load(self) -> str:
        if not self._source.startswith(("http://", "https://")):
            return await anyio.Path(Path(self._source)).read_text()
        # Neither redirects nor proxies of the environment: what is asked is what was configured.
        client = httpx.AsyncClient(timeout=FETCH_SECONDS, trust_env=False)
        async with asyncio.timeout(FETCH_SECONDS), client, client.stream("GET", self._source) as answer:
            answer.raise_for_status()
            return await _bounded(answer)

    @staticmethod
    def _age(moment: float) -> float:
        return time.monotonic() - moment


async def _bounded(answer: httpx.Response) -> str:
    body = b""
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
    return body.decode()


def _usable(document: str) -> dict[str | None, PyJWK]:
    """Keep what signs: keys for encryption and shared secrets are none of ours."""
    parsed = json.loads(document)
    if not isinstance(parsed, dict):
        raise ValueError("not a JWKS")  # noqa: TRY004 - one kind of error for whatever is wrong with the document
    keys = PyJWKSet.from_dict(parsed).keys
    return {key.key_id: key for key in keys if key.public_key_use in (None, "sig") and key.key_type != "oct"}
