"""The relay of live streams, between a browser's WebSocket and one that stands in for the gateway and misbehaves."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import HttpUrl, SecretStr
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.conftest import free_ports
from tests.waiting import PATIENCE, until
from ui import relay
from ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from websockets.http11 import Request, Response

    Conversation = Callable[[ServerConnection], Awaitable[None]]

pytestmark = pytest.mark.anyio
KEY = "tv_test_secret"


async def echo(gateway: ServerConnection) -> None:
    async for message in gateway:
        await gateway.send(message)


@asynccontextmanager
async def gateway(conversation: Conversation, **options: Any) -> AsyncIterator[str]:
    async with serve(conversation, "127.0.0.1", 0, compression=None, close_timeout=1, **options) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@asynccontextmanager
async def page(gateway_url: str, **settings: Any) -> AsyncIterator[str]:
    """Serve nothing but the relay, and yield host and port."""
    app, bound = FastAPI(), socket.create_server(("127.0.0.1", 0))
    wanted = Settings(gateway_url=HttpUrl(gateway_url), **settings)
    relay.install(app, wanted)
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, ws_max_size=int(wanted.max_frame), timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve([bound]))
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def browser(host: str, origin: str | None = "", query: str = "task=detect") -> Any:
    """Connect as a page from `host` does, unless another origin is named; None: as a program does."""
    said: Any = f"http://{host}" if origin == "" else origin
    return connect(f"ws://{host}/ui/stream?{query}", origin=said, proxy=None, compression=None)


async def end_of(client: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(PATIENCE):
        await client.wait_closed()
    return client.close_code, client.close_reason


async def test_messages_pass_in_both_directions_as_they_are() -> None:
    async with gateway(echo) as url, page(url) as host, browser(host) as client:
        for message in (b"\xff\xd8 a picture", '{"confidence": 0.5}', b"", ""):
            await client.send(message)
            assert await client.recv() == message


async def test_the_key_and_the_query_reach_the_gateway_and_the_key_nobody_else() -> None:
    seen: list[Request] = []

    async def note(connection: ServerConnection) -> None:
        assert connection.request
        seen.append(connection.request)
        await echo(connection)

    key, query = SecretStr(KEY), "task=detect&confidence=0.4"
    async with gateway(note) as url, page(url, gateway_api_key=key) as host, browser(host, query=query) as client:
        await client.send("hello")
        assert await client.recv() == "hello"
        assert client.response
        assert KEY not in str(client.response.headers)
    assert seen[0].path == "/v1/stream?task=detect&confidence=0.4"
    assert seen[0].headers["x-api-key"] == KEY
    assert "origin" not in seen[0].headers


@pytest.mark.parametrize("origin", ["http://evil.example", "null", None])
async def test_pages_of_others_are_refused(origin: str | None) -> None:
    async with gateway(echo) as url, page(url) as host:
        with pytest.raises(InvalidStatus) as refused:
            await browser(host, origin)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(("code", "reason"), [(1012, "the server restarts"), (4408, "no frame for 60 seconds")])
async def test_the_gateways_end_is_the_browsers_end(code: int, reason: str) -> None:
    async def end(connection: ServerConnection) -> None:
        await connection.close(code, reason)

    async with gateway(end) as url, page(url) as host, browser(host) as client:
        assert await end_of(client) == (code, reason)


async def test_a_gateway_that_dies_is_a_bad_gateway() -> None:
    async def die(connection: ServerConnection) -> None:
        connection.transport.abort()

    async with gateway(die) as url, page(url) as host, browser(host) as client:
        assert (await end_of(client))[0] == 1014


async def test_a_browser_that_leaves_ends_the_gateways_stream() -> None:
    ended = asyncio.Event()

    async def listen(connection: ServerConnection) -> None:
        await connection.wait_closed()
        ended.set()

    async with gateway(listen) as url, page(url) as host:
        async with browser(host):
            pass
        async with asyncio.timeout(PATIENCE):
            await ended.wait()


async def test_a_gateway_that_is_away_is_told_in_words() -> None:
    async with page(f"http://127.0.0.1:{free_ports(1)[0]}") as host, browser(host) as client:
        told = json.loads(await client.recv())["refused"]
        assert "starting" in told["sentence"]
        assert told["retry_after"] > 0
        assert (await end_of(client))[0] == 1014


@pytest.mark.parametrize("status", [401, 422, 429, 503])
async def test_what_the_gateway_refuses_is_passed_on(status: int) -> None:
    problem = {"type": "/problems/x", "title": "X", "detail": "It is so.", "hint": "Do this.", "status": status}

    def refuse(connection: ServerConnection, _: Request) -> Response:
        answer = connection.respond(status, json.dumps(problem))
        answer.headers["retry-after"] = "7"
        return answer

    async with gateway(echo, process_request=refuse) as url, page(url) as host, browser(host) as client:
        told = json.loads(await client.recv())["refused"]
        assert told["sentence"].startswith("It is so.")
        assert told["retry_after"] == 7
        assert (await end_of(client))[0] == 4000 + status


async def test_no_more_streams_than_allowed_and_places_are_given_back() -> None:
    async with gateway(echo) as url, page(url, max_streams=1) as host:
        async with browser(host) as first:
            await first.send("here")
            await first.recv()
            async with browser(host) as second:
                assert "many" in json.loads(await second.recv())["refused"]["sentence"]
                assert (await end_of(second))[0] == 1013
        await until(lambda: is_served(host))


async def is_served(host: str) -> bool:
    """Tell whether a browser gets a place; one that was refused may not even be listened to."""
    async with browser(host) as client:
        with suppress(ConnectionClosed):
            await client.send("here")
        return bool(await client.recv() == "here")


async def test_a_message_that_is_too_large_ends_the_stream() -> None:
    async with gateway(echo) as url, page(url, max_frame=1000) as host, browser(host) as client:
        await client.send(b"x" * 2000)
        assert (await end_of(client))[0] == 1009


async def test_a_slow_gateway_slows_the_browser_down() -> None:
    """Nothing is piled up here: what a gateway that does not read leaves unread stays with the browser."""
    sent = 0

    async def wait(connection: ServerConnection) -> None:
        await go.wait()
        connection.transport.abort()

    async def flood(client: ClientConnection) -> None:
        nonlocal sent
        while sent < 400:
            await client.send(b"x" * 500_000)
            sent += 1

    go = asyncio.Event()
    async with gateway(wait, max_queue=1) as url, page(url) as host, browser(host) as client:
        flooding = asyncio.create_task(flood(client))
        before = 0
        while not flooding.done() and (not sent or sent > before):
            before = sent
            await asyncio.wait([flooding], timeout=1)
        stuck = not flooding.done()
        flooding.cancel()
        go.set()
        client.transport.abort()
    assert stuck
    assert 0 < sent < 100  # buffers of the kernel hold a few


async def test_a_browser_that_does_not_read_slows_the_gateway_down() -> None:
    sent = 0
    blocked = asyncio.Event()

    async def flood(connection: ServerConnection) -> None:
        nonlocal sent
        try:
            while sent < 400:
                async with asyncio.timeout(1):
                    await connection.send(b"x" * 500_000)
                sent += 1
        except (TimeoutError, ConnectionClosed):
            blocked.set()

    async with gateway(flood) as url, page(url) as host, browser(host) as client:
        async with asyncio.timeout(PATIENCE):
            await blocked.wait()
        client.transport.abort()
    assert sent < 100
