"""The end of the process, and several processes: `python -m gateway` in front of a fake Triton."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from gateway.app import create_app
from gateway.lifecycle import Lifecycle
from gateway.settings import Settings
from tests.conftest import free_ports
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE, STARTING, until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
FILES = {"file": encoded()}


@asynccontextmanager
async def started(
    triton_url: str, log: Path, **settings: str
) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx.AsyncClient]]:
    (port,) = free_ports(1)
    own = {"GATEWAY_PORT": str(port), "GATEWAY_TRITON_URL": triton_url}
    environment = {**os.environ, **own, **{f"GATEWAY_{name.upper()}": value for name, value in settings.items()}}
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", cwd=ROOT, env=environment, stderr=output, start_new_session=True
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            await ready(client)
            yield process, client
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def ready(client: httpx.AsyncClient) -> None:
    await until(lambda: answers(client, 200), seconds=STARTING)


async def answers(client: httpx.AsyncClient, code: int) -> bool:
    return await status(client) == code


async def status(client: httpx.AsyncClient) -> int:
    try:
        return (await client.get("/readyz", headers={"connection": "close"})).status_code
    except httpx.TransportError:
        return 0


async def slow(request: object, context: object) -> object:
    await asyncio.sleep(1)
    return await fake_triton.answering(request, context)


@pytest.fixture
async def address(triton: FakeTriton) -> AsyncIterator[str]:
    async with fake_triton.listening(triton) as address:
        yield address


async def test_not_ready_first_then_everything_accepted_is_finished(
    address: str, triton: FakeTriton, tmp_path: Path
) -> None:
    triton.infer = slow
    async with started(address, tmp_path / "log", shutdown_delay_seconds="3") as (process, client):
        early = asyncio.create_task(client.post("/v1/detect", files=FILES))
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        process.send_signal(signal.SIGTERM)
        await until(lambda: answers(client, 503))
        probe = await client.get("/readyz")
        assert (probe.status_code, probe.json()["type"]) == (503, "/problems/shutting-down")
        assert probe.headers["connection"] == "close"
        late = asyncio.create_task(client.post("/v1/detect", files=FILES))
        assert (await early).status_code == 200
        assert (await late).status_code == 200
        assert await asyncio.wait_for(process.wait(), PATIENCE) in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


async def test_a_second_signal_does_not_wait(address: str, tmp_path: Path) -> None:
    async with started(address, tmp_path / "log", shutdown_delay_seconds="60") as (process, client):
        process.send_signal(signal.SIGTERM)
        await until(lambda: answers(client, 503))
        assert process.returncode is None
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(process.wait(), PATIENCE)


async def test_nothing_is_dropped_under_load(address: str, triton: FakeTriton, tmp_path: Path) -> None:
    """Clients with connections of their own, each with a request on its way at any moment."""

    async def short(request: object, context: object) -> object:
        await asyncio.sleep(0.02)
        return await fake_triton.answering(request, context)

    triton.infer = short
    seen = list[int]()

    async def load(client: httpx.AsyncClient) -> None:
        while True:
            try:
                seen.append((await client.post("/v1/detect", files=FILES)).status_code)
            except httpx.ConnectError:  # the listener is gone: not accepted
                return

    async with started(address, tmp_path / "log", shutdown_delay_seconds="0.5") as (process, client):
        loads = [asyncio.create_task(load(client)) for _ in range(8)]
        await until(lambda: len(seen) > 50)
        process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*loads), PATIENCE)
        await asyncio.wait_for(process.wait(), PATIENCE)
    assert set(seen) == {200}


async def test_several_workers(address: str, triton: FakeTriton, tmp_path: Path) -> None:
    log = tmp_path / "log"
    triton.infer = slow
    async with started(address, log, workers="2", shutdown_delay_seconds="0.5") as (process, client):
        answers = [asyncio.create_task(client.post("/v1/detect", files=FILES)) for _ in range(8)]
        await until(lambda: len(triton.requests) == 8)
        process.send_signal(signal.SIGTERM)
        assert {(await answer).status_code for answer in answers} == {200}
        await asyncio.wait_for(process.wait(), PATIENCE)
    text = log.read_text()
    assert text.count("Application shutdown complete") == 2
    assert "Traceback" not in text


async def test_without_a_server_around_it_the_signal_is_left_alone(gateway_settings: Settings) -> None:
    before = signal.getsignal(signal.SIGTERM)
    async with gateways.calling(create_app(gateway_settings)):
        assert signal.getsignal(signal.SIGTERM) is before


async def test_a_handler_is_put_back() -> None:
    def handler(_: int, __: object) -> None: ...

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with Lifecycle(0).watching():
            assert signal.getsignal(signal.SIGTERM) is not handler
        assert signal.getsignal(signal.SIGTERM) is handler
    finally:
        signal.signal(signal.SIGTERM, before)
