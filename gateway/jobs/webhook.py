"""The end of a job, told to an address of the caller's, signed: https://www.standardwebhooks.com, version 1."""

import base64
import binascii
import hashlib
import hmac
import logging
import ssl
import time
from typing import Self

import anyio
import httpx
from pydantic_core import to_json

from gateway.jobs import addresses
from gateway.jobs.documents import document, moment
from gateway.jobs.job import Job

logger = logging.getLogger(__name__)

SECRET_PREFIX = "whsec_"  # noqa: S105 - not one
TIMEOUT_SECONDS = 10.0
MAX_URL = 2048
MAX_PORT = 65535


class Signer:
    """HMAC-SHA256 over `id.timestamp.body`, as the specification has it."""

    def __init__(self, secret: str) -> None:
        try:
            self._key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        except binascii.Error as error:
            raise ValueError("GATEWAY_WEBHOOK_SECRET: give whsec_ and base64, as `openssl rand -base64 32`") from error

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        signed = hmac.digest(self._key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
        }


class Webhooks:
    """Posts without following anything: no redirects, no proxies, no second look at the name."""

    def __init__(self, secret: str, *, insecure: bool) -> None:
        self._signer = Signer(secret)
        self._insecure = insecure
        # No connection is used twice: under one address there may be several names.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context(), trust_env=False, timeout=TIMEOUT_SECONDS, limits=limits
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def post(self, job: Job) -> bool:
        """Say whether the receiver took it (2xx), or never will (410)."""
        try:
            with anyio.fail_after(TIMEOUT_SECONDS):
                answer = await self._post(httpx.URL(job.spec.webhook or ""), f"msg_{job.id}", body(job))
        except (httpx.HTTPError, addresses.Forbidden, TimeoutError, OSError) as error:
            logger.info("webhook of job %s not delivered: %s %s", job.id, type(error).__name__, error)
            return False
        if not (delivered := answer.is_success or answer.status_code == httpx.codes.GONE):
            logger.info("webhook of job %s answered with %d", job.id, answer.status_code)
        return delivered

    async def _post(self, url: httpx.URL, message_id: str, content: bytes) -> httpx.Response:
        port = url.port or (443 if url.scheme == "https" else 80)
        address = await addresses.resolve(url.host, port, private=self._insecure)
        headers = {
            "host": url.netloc.decode(),
            "content-type": "application/json",
            "user-agent": "triton-vision",
            **self._signer.headers(message_id, int(time.time()), content),
        }
        # Connected is what was looked at; the certificate must be that of the name all the same.
        request = self._client.build_request(
            "POST",
            url.copy_with(host=str(address)),
            content=content,
            headers=headers,
            extensions={"sni_hostname": url.host, "timeout": httpx.Timeout(TIMEOUT_SECONDS).as_dict()},
        )
        response = await self._client.send(request, stream=True)  # what the receiver says is not read
        await response.aclose()
        return response


def body(job: Job) -> bytes:
    """Return the same bytes at every attempt."""
    payload = {
        "type": f"job.{job.status.value}",
        "timestamp": moment(job.finished_at or job.created_at),
        "data": document(job),
    }
    return to_json(payload)


def check(url: str, *, configured: bool, insecure: bool) -> str:
    """Return `url` when a webhook could go there by what can be seen of it; raises `BadParameter`."""
    if not configured:
        raise addresses.refuse("this server sends no webhooks")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise addresses.refuse("must be an address such as https://example.org/hook") from None
    if (
        parsed.scheme not in ("https", "http")
        or not parsed.host
        or len(url) > MAX_URL
        or parsed.userinfo
        or (parsed.port or 0) > MAX_PORT
    ):
        raise addresses.refuse("must be an address such as https://example.org/hook, without a user")
    address = addresses.literal(parsed.host)
    if not insecure and (parsed.scheme != "https" or (address and not addresses.is_public(address))):
        raise addresses.refuse("must be an https address in the public network")
    return url
