import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways

pytestmark = pytest.mark.anyio


async def status(settings: Settings, method: str = "GET", path: str = "/v1/models", **headers: str) -> tuple[int, str]:
    async with gateways.calling(create_app(settings)) as gateway:
        answer = await gateway.request(method, path, headers=headers)
    return answer.status_code, answer.json().get("type", "")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]"])
async def test_loopback_answers_to_its_own_names(gateway_settings: Settings, host: str) -> None:
    assert await status(gateway_settings, host=host) == (200, "")


@pytest.mark.parametrize("host", ["rebound.example", "localhost.evil.example", "", "[::2]", "evil.example:localhost"])
async def test_loopback_answers_to_no_other_name(gateway_settings: Settings, host: str) -> None:
    assert await status(gateway_settings, host=host) == (421, "/problems/untrusted-host")


async def test_probes_come_under_any_name(gateway_settings: Settings) -> None:
    assert (await status(gateway_settings, path="/readyz", host="10.1.2.3:8080"))[0] == 200


async def test_elsewhere_any_name_will_do_unless_told(gateway_settings: Settings) -> None:
    anywhere = gateway_settings.model_copy(update={"host": "0.0.0.0", "allow_unauthenticated": True})
    assert (await status(anywhere, host="api.example"))[0] == 200
    told = anywhere.model_copy(update={"trusted_hosts": ("api.example", "*.internal")})
    statuses = [
        (await status(told, host=host))[0] for host in ("api.example:443", "a.internal", "internal", "localhost")
    ]
    assert statuses == [200, 200, 421, 421]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9", "http://[", "localhost"])
async def test_a_foreign_page_can_do_nothing(gateway_settings: Settings, origin: str) -> None:
    refused = (403, "/problems/foreign-origin")
    assert await status(gateway_settings, "POST", "/v1/detect", origin=origin) == refused
    assert await status(gateway_settings, "DELETE", "/v1/jobs/x", origin=origin) == refused
    assert (await status(gateway_settings, origin=origin))[0] == 200  # looking is the business of CORS


@pytest.mark.parametrize("origin", ["http://localhost", "https://localhost"])
async def test_its_own_pages_may(gateway_settings: Settings, origin: str) -> None:
    assert (await status(gateway_settings, "POST", "/v1/detect", origin=origin))[0] == 422


async def test_cors_is_closed(gateway: httpx.AsyncClient) -> None:
    headers = {"origin": "https://app.example", "access-control-request-method": "POST"}
    preflight = await gateway.options("/v1/detect", headers=headers)
    answer = await gateway.get("/v1/models", headers=headers)
    for one in (preflight, answer):
        assert not [name for name in one.headers if name.startswith("access-control")]


async def test_an_origin_that_is_allowed(gateway_settings: Settings) -> None:
    opened = gateway_settings.model_copy(update={"cors_origins": ("https://app.example",)})
    headers = {"access-control-request-method": "POST", "access-control-request-headers": "authorization,x-deadline-ms"}
    async with gateways.calling(create_app(opened)) as gateway:
        preflight = await gateway.options("/v1/detect", headers={**headers, "origin": "https://app.example"})
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://app.example"
        refusal = await gateway.post("/v1/detect", headers={"origin": "https://app.example"})
        assert refusal.status_code == 422
        assert refusal.headers["access-control-allow-origin"] == "https://app.example"  # the page may read why
        assert "x-request-id" in refusal.headers["access-control-expose-headers"].lower()
        foreign = await gateway.options("/v1/detect", headers={**headers, "origin": "https://evil.example"})
        assert foreign.status_code == 400
        assert "access-control-allow-origin" not in foreign.headers
