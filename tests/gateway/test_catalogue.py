import asyncio
from collections.abc import AsyncIterator

import pytest

from gateway import catalogue as module
from gateway.catalogue import Catalogue
from gateway.errors import TritonUnavailable, UnknownModel
from gateway.triton.client import TritonClient
from tests.gateway import fake_triton
from tests.gateway.fake_triton import FakeTriton, config

pytestmark = pytest.mark.anyio


@pytest.fixture
async def catalogue(triton: FakeTriton, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Catalogue]:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.05)
    async with fake_triton.listening(triton) as address:
        client = TritonClient(address)
        yield Catalogue(client, every_seconds=0.05)
        await client.close()


@pytest.mark.parametrize("name", [None, "detect", "yolov8n"])
async def test_a_pipeline_is_found_by_task_name_or_engine(catalogue: Catalogue, name: str | None) -> None:
    assert (await catalogue.find("detect", name)).name == "detect"


@pytest.mark.parametrize(("task", "name"), [("detect", "nope"), ("detect", "resnet50"), ("pose", None)])
async def test_what_is_not_served_for_the_task_is_unknown(catalogue: Catalogue, task: str, name: str | None) -> None:
    with pytest.raises(UnknownModel):
        await catalogue.find(task, name)


async def test_without_a_pipeline_named_like_the_task_the_first_one_serves(
    catalogue: Catalogue, triton: FakeTriton
) -> None:
    del triton.configs["detect"]
    for name in ("detect-b", "detect-a"):
        triton.configs[name] = config(name, {"task": "detect"}, steps=("yolov8n",))
    assert (await catalogue.find("detect", None)).name == "detect-a"


async def test_a_model_added_to_triton_is_found_at_once(catalogue: Catalogue, triton: FakeTriton) -> None:
    await catalogue.all()
    await asyncio.sleep(0.06)
    triton.configs["seg"] = config("seg", {"task": "segment"}, steps=("yolov8n",))
    assert (await catalogue.find("segment", None)).name == "seg"


async def test_unknown_names_do_not_keep_triton_busy(
    catalogue: Catalogue, triton: FakeTriton, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 60)
    for _ in range(5):
        with pytest.raises(UnknownModel):
            await catalogue.find("detect", "nope")
    assert triton.index_calls <= 1


async def test_callers_at_the_same_time_share_a_renewal(catalogue: Catalogue, triton: FakeTriton) -> None:
    await asyncio.gather(*(catalogue.find("detect", None) for _ in range(20)))
    assert triton.index_calls == 1


async def test_a_caller_that_leaves_does_not_take_the_renewal_along(catalogue: Catalogue) -> None:
    leaving = asyncio.create_task(catalogue.find("detect", None))
    staying = asyncio.create_task(catalogue.find("detect", None))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).name == "detect"


async def test_a_pipeline_that_is_reloaded_stays_listed(catalogue: Catalogue, triton: FakeTriton) -> None:
    await catalogue.all()
    await asyncio.sleep(0.06)
    triton.loading.add("detect")
    assert {pipeline.name: pipeline.ready for pipeline in await catalogue.all()} == {"classify": True, "detect": False}


async def test_keep_fresh_survives_failures(catalogue: Catalogue, triton: FakeTriton) -> None:
    keeping = asyncio.create_task(catalogue.keep_fresh())
    while triton.index_calls < 3:  # noqa: ASYNC110 - a counter, not a state
        await asyncio.sleep(0.01)
    keeping.cancel()


async def test_triton_away(caplog: pytest.LogCaptureFixture) -> None:
    client = TritonClient("127.0.0.1:1")
    catalogue = Catalogue(client, every_seconds=0.01)
    with pytest.raises(TritonUnavailable):
        await catalogue.find("detect", None)
    keeping = asyncio.create_task(catalogue.keep_fresh())
    await asyncio.sleep(0.1)
    assert not keeping.done()
    keeping.cancel()
    await client.close()
    assert caplog.text.count("not renewed") == 1
