"""Access to `/v1/stream`, over a real connection: refused before it is accepted."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.access.keyfiles import add_key

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys.toml"


@pytest.fixture
def key(keys: Path, capsys: pytest.CaptureFixture[str]) -> str:
    return add_key(keys, capsys, "camera", "--scope", "stream")


@pytest.fixture
def weak(keys: Path, capsys: pytest.CaptureFixture[str]) -> str:
    return add_key(keys, capsys, "weak", "--scope", "infer", "--scope", "jobs")


@pytest.fixture
async def address(gateway_settings: Settings, keys: Path, key: str, weak: str) -> AsyncIterator[str]:
    assert key != weak
    async with gateways.listening(gateway_settings.model_copy(update={"api_keys_file": keys})) as (host, port):
        yield f"ws://{host}:{port}/v1/stream?task=detect"


async def refusal(address: str, **options: Any) -> tuple[int, str]:
    with pytest.raises(InvalidStatus) as caught:
        await connect(address, **options)
    answer = caught.value.response
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.status_code, (answer.body or b"").decode()


async def test_nothing_bad_or_weak_is_accepted(address: str, weak: str) -> None:
    status, body = await refusal(address)
    assert (status, "/problems/unauthenticated" in body) == (401, True)
    status, body = await refusal(address, additional_headers={"x-api-key": "tv_a_b"})
    assert (status, "/problems/unauthenticated" in body) == (401, True)
    status, body = await refusal(address, additional_headers={"authorization": f"Bearer {weak}"})
    assert (status, "/problems/missing-scope" in body) == (403, True)
    status, body = await refusal(address, subprotocols=["triton-vision", f"bearer.{weak}"])
    assert (status, "/problems/missing-scope" in body) == (403, True)


async def test_a_key_in_the_query_is_no_key(address: str, key: str) -> None:
    status, _ = await refusal(f"{address}&access_token={key}&api_key={key}")
    assert status == 401


async def test_headers_and_subprotocols_open_it(address: str, key: str) -> None:
    async with connect(address, additional_headers={"authorization": f"Bearer {key}"}) as socket:
        assert socket.subprotocol is None
    async with connect(address, subprotocols=[Subprotocol("triton-vision"), Subprotocol(f"bearer.{key}")]) as socket:
        assert socket.subprotocol == "triton-vision"  # what a browser insists on; and the key does not come back


async def test_pages_of_other_sites_are_refused_also_without_access_control(gateway_settings: Settings) -> None:
    async with gateways.listening(gateway_settings) as (host, port):
        address = f"ws://{host}:{port}/v1/stream?task=detect"
        status, body = await refusal(address, origin="https://evil.example")
        assert (status, "/problems/foreign-origin" in body) == (403, True)
        async with connect(address, origin=Origin(f"http://{host}:{port}")):
            pass


@pytest.mark.usefixtures("minute")
async def test_opening_counts_against_the_quota(gateway_settings: Settings) -> None:
    async with gateways.listening(gateway_settings.model_copy(update={"quota_per_minute": 2})) as (host, port):
        address = f"ws://{host}:{port}/v1/stream?task=detect"
        for _ in range(2):
            async with connect(address):
                pass
        with pytest.raises(InvalidStatus) as caught:
            await connect(address)
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["retry-after"]) >= 1
