"""What operators see of streams."""

import asyncio

import httpx
import pytest

from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, taking, told
from tests.gateway.test_metrics import scraped

pytestmark = pytest.mark.anyio


async def test_open_streams_and_their_frames(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = taking(0.3)
    one = gateway_settings.model_copy(update={"stream_in_flight": 1})
    async with gateways.listening(one) as (host, port), httpx.AsyncClient(base_url=f"http://{host}:{port}") as gateway:
        async with session((host, port)) as client:
            for _ in range(5):  # one at work, three replaced before their turn, the last waits
                await client.send(encoded())
            await told(client)
            await told(client)
            await asyncio.sleep(1.1)  # open ones are looked at once a second
            values = await scraped(gateway)
        await asyncio.sleep(1.1)
        later = await scraped(gateway)
    assert values["gateway_stream_frames_total{outcome=received}"] == 5
    assert values["gateway_stream_frames_total{outcome=dropped}"] == 3
    assert values["gateway_answers_total{model=yolov8n}"] == 2
    assert (values["gateway_streams{}"], later["gateway_streams{}"]) == (1, 0)
