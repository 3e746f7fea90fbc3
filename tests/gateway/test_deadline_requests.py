"""The time limit that a request may set for itself."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from gateway.app import create_app
from gateway.deadline import granted
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
FILES = {"file": encoded()}


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [((), 10), ((None, None), 10), ((500, None), 0.5), ((500, 200), 0.2), ((20_000,), 20), ((60_000,), 30)],
)
def test_the_least_of_what_was_asked_for_but_not_more_than_the_most(asked: tuple[int | None], seconds: float) -> None:
    assert granted(10, 30, *asked) == seconds


def test_a_default_beyond_the_most_is_the_most() -> None:
    assert granted(10, 5) == 5


@pytest.mark.parametrize(
    ("query", "header", "least", "most"),
    [
        ("?deadline_ms=5000", {}, 3000, 5000),
        ("", {"x-deadline-ms": "7000"}, 5000, 7000),
        ("?deadline_ms=5000", {"x-deadline-ms": "10000"}, 3000, 5000),
        ("?deadline_ms=1900", {}, 200, 1900),
        ("?deadline_ms=86400000", {}, 25_000, 30_000),
        ("", {}, 7000, 10_000),
    ],
)
async def test_triton_is_told(
    gateway: httpx.AsyncClient, triton: FakeTriton, query: str, header: dict[str, str], least: int, most: int
) -> None:
    answer = await gateway.post(f"/v1/detect{query}", files=FILES, headers=header)
    assert answer.status_code == 200
    assert least < triton.requests[-1].parameters["timeout"].int64_param / 1000 <= most


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1.5", "", "86400001", "9" * 400])
@pytest.mark.parametrize("path", ["/v1/detect", "/v1/classify"])
async def test_what_is_no_time_is_refused(
    gateway: httpx.AsyncClient, triton: FakeTriton, path: str, value: str
) -> None:
    for where, field in (({"params": {"deadline_ms": value}}, "deadline_ms"), (header(value), "x-deadline-ms")):
        answer = await gateway.post(path, files=FILES, **where)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-parameter")
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not triton.requests


def header(value: str) -> dict[str, dict[str, str]]:
    return {"headers": {"x-deadline-ms": value}}


async def test_expiry_is_504_and_cancels_at_triton(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    answer = await gateway.post("/v1/detect?deadline_ms=100", files=FILES)
    assert (answer.status_code, answer.json()["type"]) == (504, "/problems/deadline-exceeded")
    await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)


async def test_drawing_is_within_the_deadline(
    gateway: httpx.AsyncClient, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(*_: object) -> bytes:
        await asyncio.sleep(60)
        return b""

    monkeypatch.setattr("gateway.drawing.artist.Artist.annotate", slow)
    accept = {"accept": "image/jpeg"}
    answer = await gateway.post("/v1/detect?deadline_ms=1000", files=FILES, headers=accept)
    assert answer.status_code == 504
    assert len(triton.requests) == 1


class TestOverload:
    """One slot, one place in the line."""

    @pytest.fixture
    def app(self, gateway_settings: Settings) -> FastAPI:
        small = {"max_concurrency": 1, "max_queue": 1, "deadline_seconds": 30}
        return create_app(gateway_settings.model_copy(update=small))

    @pytest.fixture
    async def gateway(self, app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
        async with gateways.calling(app) as client:
            yield client

    async def test_the_third_is_sent_away_before_it_has_sent_its_picture(
        self, app: FastAPI, gateway: httpx.AsyncClient, triton: FakeTriton
    ) -> None:
        go = asyncio.Event()

        async def when_told(request: object, context: object) -> object:
            await go.wait()
            return await fake_triton.answering(request, context)

        triton.infer = when_told
        first = asyncio.create_task(gateway.post("/v1/detect", files=FILES))
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        second = asyncio.create_task(gateway.post("/v1/detect", files=FILES))
        await until(lambda: app.state.services.admission.waiting)

        read = list[bool]()

        async def endless() -> AsyncIterator[bytes]:
            read.append(True)
            yield b""

        third = await gateway.post("/v1/detect", content=endless(), headers={"content-type": "image/jpeg"})
        assert (third.status_code, third.json()["type"]) == (503, "/problems/overloaded")
        assert int(third.headers["retry-after"]) >= 1
        assert not read
        go.set()
        assert (await first).status_code == (await second).status_code == 200

    async def test_who_leaves_the_line_is_never_sent_to_triton(
        self, app: FastAPI, gateway: httpx.AsyncClient, triton: FakeTriton
    ) -> None:
        triton.infer = fake_triton.never
        first = asyncio.create_task(gateway.post("/v1/detect?deadline_ms=1000", files=FILES))
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        second = asyncio.create_task(gateway.post("/v1/detect", files=FILES))
        await until(lambda: app.state.services.admission.waiting)
        second.cancel()
        assert (await first).status_code == 504
        triton.infer = fake_triton.answering
        assert (await gateway.post("/v1/detect", files=FILES)).status_code == 200
        assert len(triton.requests) == 2
