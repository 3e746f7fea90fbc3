import asyncio
import base64
import hashlib
import hmac
import json
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from gateway.errors import BadParameter
from gateway.jobs import addresses, webhook
from gateway.jobs.job import Job, Outcome, Spec, Status
from gateway.jobs.webhook import Signer, Webhooks

pytestmark = pytest.mark.anyio
KEY = b"k" * 32
SECRET = "whsec_" + base64.b64encode(KEY).decode()


def job(url: str) -> Job:
    spec = Spec(task="detect", parameters={}, files=1, webhook=url)
    content = Outcome.completed([{"model": "yolov8n"}]).content
    return Job(id="ab" * 16, spec=spec, status=Status.COMPLETED, created_at=1, finished_at=2, content=content)


class Receiver:
    """Answers with `status` and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = 204
        self.headers: dict[str, str] = {}
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.bodies.append((await receive())["body"])
        headers = [(b"location", b"/elsewhere")]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


async def serving(receiver: Receiver, **options: Any) -> AsyncIterator[int]:
    server = uvicorn.Server(uvicorn.Config(receiver, log_config=None, lifespan="off", **options))
    bound = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - all that uvicorn offers
        await asyncio.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    await task


@pytest.fixture
async def port(receiver: Receiver) -> AsyncIterator[int]:
    async for port in serving(receiver):
        yield port


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a key and a certificate for the name hook.example, in one file."""
    made = tmp_path_factory.mktemp("certificate") / "both.pem"
    key = made.with_name("key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", key, "-out", made, "-days", "2", "-subj", "/CN=hook.example"),
            *("-addext", "subjectAltName=DNS:hook.example"),
        ],
        check=True,
        capture_output=True,
    )
    made.write_bytes(made.read_bytes() + key.read_bytes())
    return made


@pytest.fixture
async def secure_port(receiver: Receiver, certificate: Path) -> AsyncIterator[int]:
    async for port in serving(receiver, ssl_certfile=certificate):
        yield port


async def test_a_message_is_signed_as_the_specification_has_it(receiver: Receiver, port: int) -> None:
    before = int(time.time())
    async with Webhooks(SECRET, insecure=True) as webhooks:
        assert await webhooks.post(job(f"http://127.0.0.1:{port}/hook"))
    (body,) = receiver.bodies
    told = json.loads(body)
    assert (told["type"], told["timestamp"]) == ("job.completed", "1970-01-01T00:00:02.000Z")
    assert told["data"]["results"] == [{"model": "yolov8n"}]
    headers = receiver.headers
    assert headers["webhook-id"] == "msg_" + "ab" * 16
    assert before <= int(headers["webhook-timestamp"]) <= time.time()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["content-type"] == "application/json"
    assert headers["host"] == f"127.0.0.1:{port}"


def test_the_example_of_the_specification() -> None:
    """From github.com/standard-webhooks/standard-webhooks, the tests of its libraries."""
    signer = Signer("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(("status", "delivered"), [(200, True), (204, True), (410, True), (302, False), (500, False)])
async def test_what_counts_as_delivered(receiver: Receiver, port: int, status: int, *, delivered: bool) -> None:
    receiver.status = status
    async with Webhooks(SECRET, insecure=True) as webhooks:
        assert await webhooks.post(job(f"http://127.0.0.1:{port}/")) is delivered
    assert len(receiver.bodies) == 1  # a redirect is not followed


async def test_nobody_there_is_not_delivered() -> None:
    async with Webhooks(SECRET, insecure=True) as webhooks:
        assert not await webhooks.post(job("http://127.0.0.1:1/"))


async def test_a_private_address_behind_a_public_name_is_not_connected_to(receiver: Receiver, port: int) -> None:
    async with Webhooks(SECRET, insecure=False) as webhooks:
        assert not await webhooks.post(job(f"http://localhost:{port}/"))
        assert not await webhooks.post(job(f"http://127.0.0.1:{port}/"))
    assert not receiver.bodies


async def test_the_address_that_was_looked_at_is_connected_to_under_its_name(
    receiver: Receiver, secure_port: int, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name has no other address: only the pinned one can have been used. The certificate is that of the name."""
    asked: list[str] = []

    async def resolve(host: str, *_: Any, **__: Any) -> addresses.Address:
        asked.append(host)
        return IPv4Address("127.0.0.1")

    monkeypatch.setattr(addresses, "resolve", resolve)
    monkeypatch.setattr(ssl, "create_default_context", lambda: trusting(certificate))
    async with Webhooks(SECRET, insecure=False) as webhooks:
        assert await webhooks.post(job(f"https://hook.example:{secure_port}/x?y=1"))
        assert receiver.headers["host"] == f"hook.example:{secure_port}"
        assert not await webhooks.post(job(f"https://other.example:{secure_port}/"))  # not its certificate
    assert asked == ["hook.example", "other.example"]
    assert len(receiver.bodies) == 1


def trusting(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificate)
    return context


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:pass@example.org/",
        "https://127.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fd00::1]/",
        "https://224.0.0.1/",
        "https://0.0.0.0/",
        "https://example.org:99999/",
        "not an address",
        "https://example.org/" + "x" * 2048,
    ],
)
def test_where_no_webhook_may_go(url: str) -> None:
    with pytest.raises(BadParameter):
        webhook.check(url, configured=True, insecure=False)


@pytest.mark.parametrize("url", ["https://example.org/hook?x=1", "https://1.1.1.1:8443/", "https://[2606:4700::1111]/"])
def test_where_one_may_go(url: str) -> None:
    assert webhook.check(url, configured=True, insecure=False) == url


def test_without_a_secret_there_is_none() -> None:
    with pytest.raises(BadParameter):
        webhook.check("https://example.org/", configured=False, insecure=False)


def test_closed_networks_may_allow_what_is_else_refused() -> None:
    assert webhook.check("http://10.0.0.1/", configured=True, insecure=True)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "no-such-host.invalid", "a" * 64])
async def test_names_are_judged_by_their_address(host: str) -> None:
    with pytest.raises(addresses.Forbidden):
        await addresses.resolve(host, 443, private=False)
