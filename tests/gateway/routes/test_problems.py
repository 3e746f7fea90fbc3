import httpx
import pytest

from gateway.routes.problems import kinds

pytestmark = pytest.mark.anyio


async def test_every_type_leads_somewhere(gateway: httpx.AsyncClient) -> None:
    for kind in kinds():
        page = await gateway.get(f"/problems/{kind.slug}")
        assert (page.json()["status"], page.json()["title"]) == (kind.status, kind.title)


@pytest.mark.parametrize("path", ["/nope", "/v1", "/problems/nope"])
async def test_unknown_path(gateway: httpx.AsyncClient, path: str) -> None:
    answer = await gateway.get(path)
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-path")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_method_not_allowed(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.get("/v1/detect")
    assert (answer.status_code, answer.json()["type"]) == (405, "/problems/method-not-allowed")
    assert answer.headers["allow"] == "POST"
