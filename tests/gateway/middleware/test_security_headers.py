import re

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("path", ["/healthz", "/v1/models", "/nope", "/docs", "/problems/unknown-path"])
async def test_every_answer_has_them(gateway: httpx.AsyncClient, path: str) -> None:
    headers = (await gateway.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers


async def test_also_when_something_unexpected_happens(
    gateway: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.routes.models._model", None)
    answer = await gateway.get("/v1/models")
    assert (answer.status_code, answer.headers["x-content-type-options"]) == (500, "nosniff")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
async def test_the_pages_may_load_what_they_name(gateway: httpx.AsyncClient, path: str) -> None:
    answer = await gateway.get(path)
    policy = answer.headers["content-security-policy"]
    hosts = re.findall(r'(?:src|href)="(https://[^/"]+)', answer.text)
    assert hosts
    for host in hosts:
        assert host in policy
    assert "script-src 'unsafe-inline'" in policy
    assert "unsafe-inline" not in (await gateway.get("/v1/models")).headers["content-security-policy"]


async def test_https_only_when_told(gateway_settings: Settings) -> None:
    strict = gateway_settings.model_copy(update={"hsts_seconds": 600})
    async with gateways.calling(create_app(strict)) as gateway:
        assert (await gateway.get("/healthz")).headers["strict-transport-security"] == "max-age=600"
