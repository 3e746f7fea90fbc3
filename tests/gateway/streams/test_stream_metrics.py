"""What operators see of streams."""

import asyncio

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, told
from tests.gateway.test_metrics import scraped
from tests.waiting import until

pytestmark = pytest.mark.anyio


async def test_open_streams_and_their_frames(gateway_settings: Settings, triton: FakeTriton) -> None:
    go = asyncio.Event()

    async def when_told(request: object, context: object) -> object:
        await go.wait()
        return await fake_triton.answering(request, context)

    triton.infer = when_told
    one = gateway_settings.model_copy(update={"stream_in_flight": 1})
    async with gateways.listening(one) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as gateway:
        async with session((host, port)) as client:
            for _ in range(5):  # one at work, three replaced before their turn, the last waits
                await client.send(encoded())
            await counted(gateway, "gateway_stream_frames_total{outcome=received}", 5)
            go.set()
            await told(client)
            await told(client)
            await counted(gateway, "gateway_streams{}", 1)  # open ones are looked at once a second
            values = await scraped(gateway)
        await counted(gateway, "gateway_streams{}", 0)
    assert values["gateway_stream_frames_total{outcome=received}"] == 5
    assert values["gateway_stream_frames_total{outcome=dropped}"] == 3
    assert values["gateway_answers_total{model=yolov8n}"] == 2


async def counted(gateway: httpx.AsyncClient, metric: str, value: float) -> None:
    async def reached() -> bool:
        return (await scraped(gateway)).get(metric) == value

    await until(reached)
