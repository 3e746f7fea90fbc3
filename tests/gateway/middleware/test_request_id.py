import httpx
import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("given", ["mine", "a b", "x" * 128])
async def test_a_usable_id_is_kept(gateway: httpx.AsyncClient, given: str) -> None:
    answer = await gateway.get("/healthz", headers={"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", [b"", b"x" * 129, b"\xe9", b"a\tb"])
async def test_another_one_is_replaced(gateway: httpx.AsyncClient, given: bytes) -> None:
    answer = await gateway.get("/healthz", headers=[(b"x-request-id", given)])
    assert len(answer.headers["x-request-id"]) == 32


async def test_ids_are_made_for_each_request_and_quoted_in_problems(gateway: httpx.AsyncClient) -> None:
    answers = [await gateway.get("/nope") for _ in range(2)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert ids[0] != ids[1]
    assert ids == [answer.json()["request_id"] for answer in answers]
