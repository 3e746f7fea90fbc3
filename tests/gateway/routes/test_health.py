import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.fake_triton import FakeTriton

pytestmark = pytest.mark.anyio


async def test_ready(gateway: httpx.AsyncClient) -> None:
    assert (await gateway.get("/readyz")).status_code == 200


async def test_triton_not_ready(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.ready = False
    answer = await gateway.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/triton-unavailable")


async def test_no_pipeline(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.loading.update(triton.configs)
    answer = await gateway.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-pipeline")
    assert answer.headers["retry-after"]


async def test_triton_away() -> None:
    async with gateways.calling(create_app(Settings(triton_url="127.0.0.1:1"))) as gateway:
        assert (await gateway.get("/healthz")).status_code == 200
        for path in ("/readyz", "/v1/models"):
            answer = await gateway.get(path)
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/triton-unavailable")
