"""Every metric moves when it should, by real requests; none of them grows with what clients send."""

import asyncio
from pathlib import Path

import grpc
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.app import create_app
from gateway.metrics import MOST_MODELS, Metrics
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton, failing
from tests.gateway.pictures import encoded
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
DOCUMENT = Path(__file__).parents[2] / "docs" / "gateway.md"
PICTURE = encoded()
FULL = failing(grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size")


async def scraped(gateway: httpx.AsyncClient) -> dict[str, float]:
    """Return the samples by name and labels, as they are written."""
    text = (await gateway.get("/metrics")).text
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {_written(sample.name, sample.labels): sample.value for sample in samples}


def _written(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{{','.join(f'{key}={value}' for key, value in sorted(labels.items()))}}}"


async def detect(gateway: httpx.AsyncClient, query: str = "", accept: str = "*/*") -> httpx.Response:
    return await gateway.post(f"/v1/detect{query}", files={"file": PICTURE}, headers={"accept": accept})


@pytest.mark.parametrize("name", [family.name for family in Metrics().registry.collect()])
def test_every_metric_is_documented(name: str) -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith(f"| `{name}")]
    assert len(rows) == 1


async def test_a_good_request_moves_what_it_should(gateway: httpx.AsyncClient) -> None:
    await detect(gateway, accept="image/jpeg")
    values = await scraped(gateway)
    assert values["gateway_requests_total{method=POST,route=/v1/detect,status=200}"] == 1
    assert values["gateway_request_duration_seconds_count{model=yolov8n,route=/v1/detect}"] == 1
    for stage in ("read", "queue", "infer", "draw"):
        assert values[f"gateway_stage_duration_seconds_count{{stage={stage}}}"] == 1
    assert values["gateway_upload_bytes_total{}"] == len(PICTURE)
    assert values["gateway_pixels_total{}"] == 64 * 48
    assert values["gateway_answers_total{model=yolov8n}"] == 1
    assert values["gateway_confidence_count{group=person,model=yolov8n}"] == 1
    assert values["gateway_confidence_sum{group=person,model=yolov8n}"] == pytest.approx(0.9)
    assert values["gateway_confidence_bucket{group=dog,le=0.5,model=yolov8n}"] == 1
    assert values["gateway_confidence_bucket{group=dog,le=0.4,model=yolov8n}"] == 0
    assert values["gateway_dead_inferences_total{}"] == values["gateway_deadline_misses_total{}"] == 0


async def test_seconds_are_seconds(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    async def slow(request: object, context: object) -> object:
        await asyncio.sleep(0.2)
        return await fake_triton.answering(request, context)

    triton.infer = slow
    await detect(gateway)
    values = await scraped(gateway)
    assert 0.2 < values["gateway_stage_duration_seconds_sum{stage=infer}"] < PATIENCE
    assert 0.2 < values["gateway_request_duration_seconds_sum{model=yolov8n,route=/v1/detect}"] < PATIENCE
    assert values["gateway_request_duration_seconds_bucket{le=0.1,model=yolov8n,route=/v1/detect}"] == 0


async def test_what_is_sent_away_is_counted_by_reason(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.infer = FULL
    assert (await detect(gateway)).status_code == 503
    values = await scraped(gateway)
    assert values["gateway_shed_total{reason=queue-full}"] == 1
    assert values["gateway_requests_total{method=POST,route=/v1/detect,status=503}"] == 1


async def test_a_missed_deadline_is_counted(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    hasty = gateway_settings.model_copy(update={"deadline_seconds": 0.2})
    async with gateways.calling(create_app(hasty)) as gateway:
        assert (await detect(gateway)).status_code == 504
        values = await scraped(gateway)
    assert values["gateway_deadline_misses_total{}"] == 1
    assert values["gateway_stage_duration_seconds_count{stage=infer}"] == 1


async def test_what_is_going_on_is_seen(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    running = asyncio.create_task(detect(gateway, "?deadline_ms=30000"))
    await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
    assert (await scraped(gateway))["gateway_in_flight{}"] == 2  # with the one that asks

    async def seen() -> bool:
        return (await scraped(gateway))["gateway_inferences_running{}"] == 1

    await until(seen)  # these are looked at once a second
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (await scraped(gateway))["gateway_in_flight{}"] == 1


async def test_labels_are_bounded_whatever_is_sent(gateway: httpx.AsyncClient) -> None:
    await gateway.get("/")
    await detect(gateway, "?model=nope")
    before = set(await scraped(gateway))
    for number in range(20):
        await gateway.get(f"/path-{number}")
        await gateway.get(f"/problems/{number}")
        await gateway.request(f"METHOD{number}", "/")
        await detect(gateway, f"?model=hostile-{number}")
    new = set(await scraped(gateway)) - before
    assert not [name for name in new if "hostile" in name or "path-" in name or "METHOD" in name]
    counted = {name for name in new if name.startswith("gateway_requests_total")}
    assert counted == {
        "gateway_requests_total{method=GET,route=/metrics,status=200}",
        "gateway_requests_total{method=GET,route=/problems/{slug},status=404}",
        "gateway_requests_total{method=other,route=unmatched,status=404}",
    }


async def test_labels_of_pictures_are_bounded_too(gateway_settings: Settings) -> None:
    few = gateway_settings.model_copy(update={"metrics_classes": ("dog",)})
    async with gateways.calling(create_app(few)) as gateway:
        await detect(gateway)
        values = await scraped(gateway)
    assert values["gateway_confidence_count{group=other,model=yolov8n}"] == 1
    assert values["gateway_confidence_count{group=dog,model=yolov8n}"] == 1
    assert not [name for name in values if "person" in name]


def test_models_are_bounded_even_if_the_operator_changes_them_all_day() -> None:
    metrics = Metrics()
    for number in range(2 * MOST_MODELS):
        metrics.answered(f"model-{number}", 0.1, [("cat", 0.5)])
        metrics.request_ended("/v1/detect", "POST", 200, f"model-{number}", 0.1)
    assert metrics.total("answers_total") == 2 * MOST_MODELS
    for family in ("gateway_answers", "gateway_request_duration_seconds", "gateway_confidence"):
        samples = next(found for found in metrics.registry.collect() if found.name == family).samples
        assert len({sample.labels["model"] for sample in samples}) == MOST_MODELS + 1


def test_jobs_and_streams() -> None:
    metrics = Metrics()
    for status in ("completed", "completed", "failed", "whatever"):
        metrics.jobs_finished(status)
    metrics.jobs_waiting(7)
    metrics.streams(3)
    metrics.frames(received=10, dropped=4)
    value = metrics.registry.get_sample_value
    assert value("gateway_jobs_finished_total", {"status": "completed"}) == 2
    assert value("gateway_jobs_finished_total", {"status": "other"}) == 1
    assert (value("gateway_jobs_waiting"), value("gateway_streams")) == (7, 3)
    assert value("gateway_stream_frames_total", {"outcome": "dropped"}) == 4
