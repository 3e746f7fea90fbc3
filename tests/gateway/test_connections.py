"""Clients that take their time, seen over a socket."""

import asyncio
import json
import select
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio
HEAD = b"POST /v1/detect HTTP/1.1\r\nhost: localhost\r\ncontent-type: image/jpeg\r\ncontent-length: 1000\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"


class Client:
    """A raw connection: what an HTTP library would never send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        status, *lines = head.decode().split("\r\n")[:-2]
        headers = dict(line.lower().split(": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers["content-length"]))
        return int(status.split()[1]), headers, json.loads(body)

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(1), PATIENCE) == b""


@asynccontextmanager
async def client(address: tuple[str, int]) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection(*address)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


@pytest.fixture
async def address(gateway_settings: Settings) -> AsyncIterator[tuple[str, int]]:
    limits = {"header_seconds": 0.4, "body_seconds": 0.6, "body_idle_seconds": 0.3}
    async with gateways.listening(gateway_settings.model_copy(update=limits)) as address:
        yield address


@pytest.fixture
async def patient_address(gateway_settings: Settings) -> AsyncIterator[tuple[str, int]]:
    limits = {"header_seconds": 1.5, "max_connections": 3}
    async with gateways.listening(gateway_settings.model_copy(update=limits)) as address:
        yield address


def refused(answer: tuple[int, dict[str, str], Any], status: int, slug: str) -> None:
    assert (answer[0], answer[2]["type"]) == (status, f"/problems/{slug}")
    assert answer[1]["content-type"] == "application/problem+json"
    assert answer[1]["connection"] == "close"
    assert answer[2]["request_id"]


async def test_headers_that_drip(address: tuple[str, int]) -> None:
    started = time.monotonic()
    answer = await asyncio.to_thread(drip, address, b"", HEALTH)
    assert time.monotonic() - started > 0.3
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/header-timeout" in answer
    assert b"connection: close" in answer


async def test_a_connection_on_which_nothing_is_asked(address: tuple[str, int]) -> None:
    async with client(address) as silent:
        assert await silent.closed()


async def test_headers_after_an_answer_are_timed_anew(patient_address: tuple[str, int]) -> None:
    async with client(patient_address) as slow:
        for _ in range(2):  # longer than the time for one, together
            slow.send(HEALTH[:10])
            await asyncio.sleep(0.9)
            slow.send(HEALTH[10:])
            assert (await slow.answer())[0] == 200
        slow.send(HEALTH[:10])
        refused(await slow.answer(), 408, "header-timeout")


async def test_a_quiet_connection_is_kept_after_an_answer(address: tuple[str, int]) -> None:
    async with client(address) as patient:
        for _ in range(2):
            patient.send(HEALTH)
            assert (await patient.answer())[0] == 200
            await asyncio.sleep(0.6)


async def test_headers_without_end(patient_address: tuple[str, int]) -> None:
    async with client(patient_address) as endless:
        endless.send(b"GET / HTTP/1.1\r\n" + b"x-filler: 1234567890\r\n" * 5000)
        refused(await endless.answer(), 431, "headers-too-large")


async def test_what_is_not_http(patient_address: tuple[str, int]) -> None:
    async with client(patient_address) as strange:
        strange.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        refused(await strange.answer(), 400, "malformed-request")


async def test_a_body_that_stops(address: tuple[str, int], triton: FakeTriton) -> None:
    async with client(address) as slow:
        slow.send(HEAD + b"x" * 10)
        refused(await slow.answer(), 408, "body-timeout")
        assert await slow.closed()
    assert not triton.requests


async def test_a_body_that_drips(address: tuple[str, int]) -> None:
    answer = await asyncio.to_thread(drip, address, HEAD, b"x" * 200)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/body-timeout" in answer


def drip(address: tuple[str, int], at_once: bytes, slowly: bytes) -> bytes:
    """Send a byte now and then until there is an answer, and return all of that.

    Without asyncio: its streams forget an answer when the connection is reset, as it is when a byte comes too late.
    """
    with socket.create_connection(address) as slow:
        slow.sendall(at_once)
        for byte in slowly:
            slow.sendall(bytes([byte]))
            if select.select([slow], [], [], 0.05)[0]:
                return b"".join(iter(lambda: received(slow), b""))
    return b""


def received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65_536)
    except ConnectionResetError:
        return b""


async def test_the_time_of_an_inference_is_not_the_body_s(address: tuple[str, int], triton: FakeTriton) -> None:
    answering = triton.infer

    async def slow(request: object, context: object) -> object:
        await asyncio.sleep(0.8)
        return await answering(request, context)

    triton.infer = slow
    picture = encoded()
    async with client(address) as one:
        one.send(HEAD.replace(b"1000", str(len(picture)).encode()) + picture)
        assert (await one.answer())[0] == 200


async def test_one_connection_too_many(patient_address: tuple[str, int]) -> None:
    async with AsyncExitStack() as opened:
        first, *_ = [await opened.enter_async_context(asking(patient_address)) for _ in range(3)]
        async with client(patient_address) as fourth:
            fourth.send(HEALTH)
            answer = await fourth.answer()
            refused(answer, 503, "too-many-connections")
            assert int(answer[1]["retry-after"]) >= 1
        first.send(HEALTH)
        assert (await first.answer())[0] == 200


@asynccontextmanager
async def asking(address: tuple[str, int]) -> AsyncIterator[Client]:
    """Ask something, and keep the connection."""
    async with client(address) as one:
        one.send(HEALTH)
        assert (await one.answer())[0] == 200
        yield one
