import re

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded

pytestmark = pytest.mark.anyio


def stages(answer: httpx.Response) -> dict[str, float]:
    found = re.fullmatch(r"(\w+;dur=\d+\.\d\d)(, \w+;dur=\d+\.\d\d)*", answer.headers["server-timing"])
    assert found
    return {name: float(ms) for name, ms in re.findall(r"(\w+);dur=([\d.]+)", found[0])}


async def test_an_answer_says_where_its_time_went(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/detect", files={"file": encoded()}, headers={"accept": "image/jpeg"})
    found = stages(answer)
    assert list(found) == ["read", "queue", "infer", "draw", "total"]
    assert found["total"] >= sum(found.values()) - found["total"] - 0.05  # each is rounded
    assert found["infer"] > 0


async def test_so_does_an_error(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    hasty = gateway_settings.model_copy(update={"deadline_seconds": 1})
    async with gateways.calling(create_app(hasty)) as gateway:
        late = stages(await gateway.post("/v1/detect", files={"file": encoded()}))
        unknown = stages(await gateway.get("/nope"))
    assert late["infer"] >= 500
    assert list(unknown) == ["total"]


async def test_other_origins_may_read_it_only_where_they_may_read_answers(gateway_settings: Settings) -> None:
    assert "timing-allow-origin" not in (await _healthz(gateway_settings)).headers
    opened = gateway_settings.model_copy(update={"cors_origins": ("https://example.org",)})
    assert "timing-allow-origin" in (await _healthz(opened)).headers


async def _healthz(settings: Settings) -> httpx.Response:
    async with gateways.calling(create_app(settings)) as gateway:
        return await gateway.get("/healthz")
