"""How streams end when the client is not a good one, or the server stops."""

import asyncio
import time
import tracemalloc
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed

from gateway.settings import Settings
from gateway.streams.protocol import LINGER_SECONDS
from gateway.triton.tensors import fp32, int32
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, streaming, taking, told
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio
CLOSE = 0x88  # the first byte of a close frame: RFC 6455, 5.2
PING_SIZE = 2 + 4  # head and payload
MANY = fake_triton.response(
    fp32("boxes", *range(4000)),
    fp32("scores", *[0.5] * 1000),
    int32("class_ids", *[1] * 1000),
    fake_triton.labels(*["person"] * 1000),
    fake_triton.SIZE,
)


@asynccontextmanager
async def raw(address: tuple[str, int]) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Shake hands and do nothing else: no pong, no reading."""
    reader, writer = await asyncio.open_connection(*address, limit=2**12)
    key = b64encode(b"0123456789abcdef").decode()
    head = "GET /v1/stream?task=detect HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    writer.write(f"{head}sec-websocket-key: {key}\r\nsec-websocket-version: 13\r\n\r\n".encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def frame(payload: bytes) -> bytes:
    """Return a binary message, masked with zeros."""
    return b"\x82\xff" + len(payload).to_bytes(8, "big") + bytes(4) + payload


def closing(received: bytes) -> tuple[int, str]:
    """Return code and reason of the close frame that is the last of `received`."""
    at = received.rindex(CLOSE)
    payload = received[at + 2 : at + 2 + received[at + 1]]
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


async def keep_sending(writer: asyncio.StreamWriter, data: bytes) -> None:
    while True:
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(0.001)


async def many(_: object, __: object) -> object:
    return MANY


async def test_too_large_a_frame_ends_the_session_with_a_reason(gateway_settings: Settings) -> None:
    """Also while the client is still sending, which takes care: a reset would overtake the close frame."""
    limited = gateway_settings.model_copy(update={"stream_max_frame": 100_000})
    async with gateways.listening(limited) as address:
        client = await session(address)
        with suppress(ConnectionClosed):
            await client.send(b"x" * 5_000_000)
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(client.recv(), PATIENCE)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    assert "100000" in closed.value.rcvd.reason


async def test_a_dead_peer_is_noticed(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    lively = gateway_settings.model_copy(update={"stream_ping_seconds": 0.2, "frame_deadline_seconds": 2 * PATIENCE})
    async with gateways.listening(lively) as address, raw(address) as (reader, writer):
        writer.write(frame(encoded()))
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        ping = await asyncio.wait_for(reader.readexactly(PING_SIZE), PATIENCE)
        assert ping[:2] == b"\x89\x04"  # which is not answered
        assert closing(await asyncio.wait_for(reader.read(1000), PATIENCE)) == (1011, "no answer to a ping")
        await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def test_a_living_peer_is_kept(gateway_settings: Settings) -> None:
    async with streaming(
        gateway_settings.model_copy(update={"stream_ping_seconds": 0.7, "header_seconds": 0.2})
    ) as client:
        await asyncio.sleep(1.6)
        await client.send(encoded())
        assert "result" in await told(client)


async def test_a_client_that_does_not_read_costs_no_memory_and_is_cut_off(
    gateway_settings: Settings, triton: FakeTriton
) -> None:
    triton.infer = many
    strict = gateway_settings.model_copy(update={"stream_send_seconds": 0.5})
    async with gateways.listening(strict) as address, raw(address) as (_, writer):
        tracemalloc.start()
        with pytest.raises(ConnectionError):  # a reset: nothing else ends what is not read
            await asyncio.wait_for(keep_sending(writer, frame(encoded())), 2 * PATIENCE)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert len(triton.requests) > 20
    assert peak < 5_000_000


async def test_shutdown_tells_sessions_that_send(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = taking(3 * PATIENCE)
    patient = gateway_settings.model_copy(update={"frame_deadline_seconds": 3 * PATIENCE})

    async def send() -> None:
        with suppress(ConnectionClosed):
            while True:
                await client.send(encoded(size=(640, 480)))
                await asyncio.sleep(0)

    async with gateways.listening(patient) as address:
        client = await session(address)
        sending = asyncio.create_task(send())
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        stopped = time.monotonic()
    assert time.monotonic() - stopped < PATIENCE
    await sending
    assert (client.close_code, client.close_reason) == (1012, "the server restarts")
    assert triton.cancelled.is_set()
    await client.close()


async def test_shutdown_does_not_wait_for_a_peer_that_stays(gateway_settings: Settings) -> None:
    async with AsyncExitStack() as peers:
        async with gateways.listening(gateway_settings) as address:
            reader, _ = await peers.enter_async_context(raw(address))
            stopping = time.monotonic()
        assert time.monotonic() - stopping < LINGER_SECONDS + PATIENCE
        assert closing(await reader.read(1000)) == (1012, "the server restarts")
