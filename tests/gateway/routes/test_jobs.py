"""Jobs as a caller meets them, with either store behind them."""

import asyncio
import base64
import re
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import grpc
import httpx
import pytest
from PIL import Image
from pydantic import SecretStr

from gateway.access.principal import Principal, Right
from gateway.app import create_app
from gateway.jobs.running import make_store
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton, failing
from tests.gateway.jobs.conftest import redis, redis_server  # noqa: F401 - fixtures
from tests.gateway.jobs.receiver import Receiver
from tests.gateway.pictures import encoded
from tests.redis import RedisServer
from tests.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()


@pytest.fixture(params=["memory", "redis"])
async def settings(request: pytest.FixtureRequest, gateway_settings: Settings) -> Settings:
    url = request.getfixturevalue("redis").url if request.param == "redis" else None
    return gateway_settings.model_copy(update={"redis_url": url, "job_lease_seconds": 2.0})


@pytest.fixture
async def gateway(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways.calling(create_app(settings)) as client:
        yield client


@pytest.fixture
def webhooks() -> Receiver:
    return Receiver()


async def submit(gateway: httpx.AsyncClient, *pictures: bytes, task: str = "detect", **options: Any) -> httpx.Response:
    files = [("file", picture) for picture in pictures or (encoded(),)]
    return await gateway.post("/v1/jobs", data={"task": task, **options.pop("data", {})}, files=files, **options)


async def ended(gateway: httpx.AsyncClient, submitted: httpx.Response) -> dict[str, Any]:
    return await reached(gateway, submitted, "completed", "failed", "cancelled")


async def reached(gateway: httpx.AsyncClient, submitted: httpx.Response, *states: str) -> dict[str, Any]:
    assert submitted.status_code == 202, submitted.text
    told: dict[str, Any] = {}

    async def is_there() -> bool:
        answer = await gateway.get(submitted.headers["location"])
        assert answer.status_code == 200, answer.text
        told.update(answer.json())
        return told["status"] in states

    await until(is_there, lambda: told)
    return told


async def test_from_submission_to_results(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    submitted = await submit(gateway, encoded(), encoded("PNG"), data={"confidence": "0.5", "classes": ["0", "16"]})
    told = submitted.json()
    assert re.fullmatch("[0-9a-f]{32}", told["id"])
    assert submitted.headers["location"] == f"/v1/jobs/{told['id']}"
    assert (told["status"], told["task"], told["progress"]) == ("queued", "detect", {"done": 0, "total": 2})
    assert "results" not in told
    told = await ended(gateway, submitted)
    assert (told["status"], told["position"], told["progress"]) == ("completed", None, {"done": 2, "total": 2})
    assert [[one["label"] for one in result["detections"]] for result in told["results"]] == [["person", "dog"]] * 2
    assert [result["request_id"] for result in told["results"]] == [f"{told['id']}-0", f"{told['id']}-1"]
    assert [request.id for request in triton.requests] == [f"{told['id']}-0", f"{told['id']}-1"]
    assert {tensor.name: list(tensor.shape) for tensor in triton.requests[0].inputs} == {
        "image": [1],
        "confidence": [1],
        "classes": [2],
    }
    assert told["created_at"] <= told["started_at"] <= told["finished_at"] < told["expires_at"]
    assert told["expires_at"].endswith("Z")


async def test_everything_in_the_query_and_one_raw_file(gateway: httpx.AsyncClient) -> None:
    headers = {"content-type": "image/jpeg"}
    submitted = await gateway.post("/v1/jobs?task=classify&top_k=2", content=encoded(), headers=headers)
    (result,) = (await ended(gateway, submitted))["results"]
    assert [one["label"] for one in result["classifications"]] == ["bus", "tram"]


async def test_a_bad_picture_is_an_error_of_its_item(gateway: httpx.AsyncClient) -> None:
    told = await ended(gateway, submitted := await submit(gateway, b"junk", encoded(), b""))
    assert told["status"] == "completed"
    junk, good, empty = told["results"]
    assert (junk["error"]["type"], junk["error"]["status"]) == ("/problems/not-an-image", 415)
    assert empty["error"]["type"] == "/problems/empty-file"
    assert good["detections"]
    image = await gateway.get(f"{submitted.headers['location']}/image")
    assert (image.status_code, image.json()["type"]) == (415, "/problems/not-an-image")
    told = (await gateway.get(f"{submitted.headers['location']}?include=image")).json()
    assert ["annotated" in result for result in told["results"]] == [False, True, False]


async def test_annotated_pictures(gateway: httpx.AsyncClient) -> None:
    submitted = await submit(gateway, encoded(), encoded(size=(80, 60)))
    location = submitted.headers["location"]
    assert "annotated" not in (await ended(gateway, submitted))["results"][0]
    image = await gateway.get(f"{location}/image", params={"index": 1})
    assert image.headers["content-type"] == "image/jpeg"
    assert Image.open(BytesIO(image.content)).size == (80, 60)
    told = (await gateway.get(location, params={"include": "image"})).json()
    kind, _, data = told["results"][1]["annotated"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert base64.b64decode(data) == image.content
    assert (await gateway.get(f"{location}/image", params={"index": 2})).status_code == 422
    assert (await gateway.get(location, params={"include": "else"})).status_code == 422


async def test_there_is_no_image_before_the_end(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    submitted = await submit(gateway)
    image = await gateway.get(f"{submitted.headers['location']}/image")
    assert (image.status_code, image.json()["type"]) == (409, "/problems/job-not-completed")
    await gateway.delete(submitted.headers["location"])


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"task": "fly"}, "task"),
        ({"confidence": "2"}, "confidence"),
        ({"classes": ["1", "x"]}, "classes.1"),
        ({"colour": "red"}, "colour"),
        ({"webhook": "https://example.org/"}, "webhook"),  # none without a secret
    ],
)
async def test_what_is_wrong_with_an_order_is_said_at_once(
    gateway: httpx.AsyncClient, triton: FakeTriton, data: dict[str, Any], field: str
) -> None:
    answer = await submit(gateway, data=data)
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-parameter")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not triton.requests


async def test_an_unknown_model_is_refused(gateway: httpx.AsyncClient) -> None:
    assert (await submit(gateway, data={"model": "other"})).json()["type"] == "/problems/unknown-model"


async def test_a_form_without_a_file_is_refused(gateway: httpx.AsyncClient) -> None:
    answer = await gateway.post("/v1/jobs", files={"task": (None, "detect")})
    assert answer.json()["type"] == "/problems/missing-file"


async def test_no_more_files_than_any_request_may_have(settings: Settings) -> None:
    async with gateways.calling(create_app(settings.model_copy(update={"max_files": 2}))) as gateway:
        assert (await submit(gateway, *[encoded()] * 3)).json()["type"] == "/problems/too-many-files"
        assert (await submit(gateway, *[encoded()] * 2)).status_code == 202


@pytest.mark.parametrize("job_id", ["0" * 32, "junk", "0" * 31 + "%0a"])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("GET", "/image"), ("GET", "/events")])
async def test_an_unknown_job(gateway: httpx.AsyncClient, method: str, path: str, job_id: str) -> None:
    answer = await gateway.request(method, f"/v1/jobs/{job_id}{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-job")


async def test_position_and_cancelling_in_the_queue(settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    async with gateways.calling(create_app(settings.model_copy(update={"job_workers": 1}))) as gateway:
        running = await submit(gateway)
        await reached(gateway, running, "processing")
        queued, last = await submit(gateway), await submit(gateway)
        assert (queued.json()["position"], last.json()["position"]) == (1, 2)
        cancelled = await gateway.delete(queued.headers["location"])
        assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
        assert (await gateway.get(last.headers["location"])).json()["position"] == 1
        triton.cancelled.clear()
        triton.infer = fake_triton.answering
        assert (await gateway.delete(running.headers["location"])).json()["status"] == "cancelled"
        await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)  # at Triton too
        assert (await ended(gateway, last))["status"] == "completed"
        assert [request.id[:32] for request in triton.requests] == [running.json()["id"], last.json()["id"]]
        assert (await gateway.get(queued.headers["location"])).json()["status"] == "cancelled"


async def test_deleting_a_finished_job(gateway: httpx.AsyncClient) -> None:
    await ended(gateway, submitted := await submit(gateway))
    location = submitted.headers["location"]
    deleted = await gateway.delete(location)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [(await gateway.get(path)).status_code for path in (location, f"{location}/image")] == [404, 404]
    assert (await gateway.delete(location)).status_code == 404


async def test_the_same_key_gives_the_same_job(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    key = {"idempotency-key": "order-7"}
    first = await submit(gateway, headers=key)
    again = await submit(gateway, headers=key)
    assert again.status_code == 202
    assert again.headers["location"] == first.headers["location"]
    await ended(gateway, first)
    assert (await submit(gateway, headers=key)).json()["status"] == "completed"
    assert len(triton.requests) == 1
    for other in (submit(gateway, encoded("PNG"), headers=key), submit(gateway, headers=key, data={"iou": "0.1"})):
        answer = await other
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/idempotency-mismatch")
    assert (await submit(gateway, headers={"idempotency-key": "x" * 256})).status_code == 422


async def test_results_expire(settings: Settings) -> None:
    async with gateways.calling(create_app(settings.model_copy(update={"job_retention_seconds": 0.4}))) as gateway:
        await ended(gateway, submitted := await submit(gateway))
        await asyncio.sleep(0.5)
        assert (await gateway.get(submitted.headers["location"])).json()["type"] == "/problems/unknown-job"


@pytest.mark.parametrize("limit", [{"job_max_queued": 1}, {"job_max_bytes": 1500}])
async def test_a_full_store(settings: Settings, triton: FakeTriton, limit: dict[str, int]) -> None:
    triton.infer = fake_triton.never
    async with gateways.calling(create_app(settings.model_copy(update={"job_workers": 1, **limit}))) as gateway:
        accepted = [await submit(gateway)]
        await reached(gateway, accepted[0], "processing")
        while (answer := await submit(gateway)).status_code == 202:
            accepted.append(answer)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/store-full")
        assert int(answer.headers["retry-after"]) >= 1
        for job in accepted:
            await gateway.delete(job.headers["location"])


@pytest.mark.parametrize(
    "fault",
    [
        failing(grpc.StatusCode.UNAVAILABLE, "Exceeds maximum queue size"),
        failing(grpc.StatusCode.UNAVAILABLE, "failed to connect to all addresses"),
    ],
)
async def test_what_passes_is_waited_for(gateway: httpx.AsyncClient, triton: FakeTriton, fault: Any) -> None:
    triton.infer = fault
    submitted = await submit(gateway)
    await asyncio.sleep(0.4)
    assert (await gateway.get(submitted.headers["location"])).json()["status"] == "processing"
    triton.infer = fake_triton.answering
    assert (await ended(gateway, submitted))["status"] == "completed"


@pytest.mark.parametrize(("seconds", "data"), [(0.3, {}), (300, {"deadline_ms": "300"})])
async def test_a_job_has_its_time(settings: Settings, triton: FakeTriton, seconds: float, data: dict[str, str]) -> None:
    triton.infer = fake_triton.never
    async with gateways.calling(create_app(settings.model_copy(update={"job_deadline_seconds": seconds}))) as gateway:
        told = await ended(gateway, await submit(gateway, encoded(), encoded(), data=data))
    assert (told["status"], told["error"]["type"]) == ("failed", "/problems/deadline-exceeded")
    assert "results" not in told


async def test_a_fault_of_triton_is_an_error_of_the_item_and_says_nothing(
    gateway: httpx.AsyncClient, triton: FakeTriton
) -> None:
    triton.infer = failing(grpc.StatusCode.INTERNAL, "secret /opt/models")
    told = await ended(gateway, await submit(gateway))
    assert told["results"][0]["error"]["type"] == "/problems/internal-error"
    assert "opt" not in str(told)


async def test_events_from_the_queue_to_the_end(settings: Settings, triton: FakeTriton) -> None:
    is_followed = asyncio.Event()

    async def slow(request: Any, context: Any) -> Any:
        await is_followed.wait()
        await asyncio.sleep(0.6)
        return await fake_triton.answering(request, context)

    triton.infer = slow
    settings = settings.model_copy(update={"job_workers": 1})
    async with (
        gateways.listening(settings) as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}") as gateway,
    ):
        await submit(gateway)
        followed = await submit(gateway, encoded(), encoded())
        text = ""
        async with gateway.stream("GET", f"{followed.headers['location']}/events", timeout=PATIENCE) as answer:
            async for part in answer.aiter_text():
                is_followed.set()
                text += part
        final = (await gateway.get(followed.headers["location"])).json()
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in event.splitlines()) for event in text.strip().split("\n\n")]
    names = [event["event"] for event in events]
    assert (names[0], names[-1]) == ("queued", "completed")
    assert sorted(set(names), key=names.index) == ["queued", "processing", "completed"]
    told = [httpx.Response(200, text=event["data"]).json() for event in events]
    assert {1, 2} >= {one["position"] for one in told if one["status"] == "queued"}
    assert {"done": 1, "total": 2} in [one["progress"] for one in told]
    assert told[-1] == final


async def test_events_end_when_the_process_is_told_to(settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    app = create_app(settings)
    async with gateways.calling(app) as gateway:
        submitted = await submit(gateway)
        following = asyncio.create_task(gateway.get(f"{submitted.headers['location']}/events"))
        await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
        app.state.services.lifecycle.drain.set()
        answer = await asyncio.wait_for(following, PATIENCE)
        assert "event: completed" not in answer.text
        await gateway.delete(submitted.headers["location"])


async def test_answers_are_not_for_caches(gateway: httpx.AsyncClient) -> None:
    submitted = await submit(gateway)
    assert submitted.headers["cache-control"] == "no-store"
    await ended(gateway, submitted)
    assert (await gateway.get(submitted.headers["location"])).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("status", ["completed", "failed"])
async def test_the_end_is_told_to_the_webhook(
    settings: Settings, triton: FakeTriton, webhooks: Receiver, status: str
) -> None:
    if status == "failed":
        triton.infer = fake_triton.never
    changed = {"webhook_secret": SecretStr(SECRET), "webhook_insecure": True, "job_deadline_seconds": 0.5}
    async with (
        webhooks.listening() as hook,
        gateways.calling(create_app(settings.model_copy(update=changed))) as gateway,
    ):
        submitted = await submit(gateway, data={"webhook": hook})
        told = await ended(gateway, submitted)
        await until(lambda: webhooks.bodies)
        await asyncio.sleep(0.7)
    (body,) = webhooks.bodies
    assert httpx.Response(200, content=body).json() == {
        "type": f"job.{status}",
        "timestamp": told["finished_at"],
        "data": told,
    }
    assert webhooks.received == {f"msg_{told['id']}": 1}


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "https://10.0.0.1/", "https://[::1]/"])
async def test_a_webhook_into_the_inner_network_is_refused(settings: Settings, url: str) -> None:
    changed = settings.model_copy(update={"webhook_secret": SecretStr(SECRET)})
    async with gateways.calling(create_app(changed)) as gateway:
        answer = await submit(gateway, data={"webhook": url})
    assert [error["field"] for error in answer.json()["errors"]] == ["webhook"]


async def test_jobs_are_their_owners(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def principal_of(scope: Any) -> Principal | None:
        name = dict(scope["headers"]).get(b"x-who")
        return Principal(name.decode(), frozenset(Right)) if name else None

    monkeypatch.setattr("gateway.jobs.intake.principal_of", principal_of)
    async with gateways.calling(create_app(settings)) as gateway:
        mine, yours = {"x-who": "me"}, {"x-who": "you"}
        submitted = await submit(gateway, headers=mine | {"idempotency-key": "1"})
        other = await submit(gateway, headers=yours | {"idempotency-key": "1"})
        location = submitted.headers["location"]
        assert other.headers["location"] != location
        for who in (yours, {}):
            for method, path in (("GET", ""), ("GET", "/image"), ("GET", "/events"), ("DELETE", "")):
                answer = await gateway.request(method, location + path, headers=who)
                assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-job")
        assert (await gateway.get(location, headers=mine)).status_code == 200


async def test_a_job_that_loses_its_workers_is_given_up(redis: RedisServer, gateway_settings: Settings) -> None:  # noqa: F811
    changed = {"redis_url": redis.url, "job_workers": 0, "job_lease_seconds": 0.2, "job_attempts": 2}
    settings = gateway_settings.model_copy(update=changed)
    killer = make_store(settings)
    async with gateways.calling(create_app(settings)) as gateway:
        submitted = await submit(gateway)
        for _ in range(2):
            while not await killer.claim():  # noqa: ASYNC110 - as a worker would
                await asyncio.sleep(0.05)
        async with gateways.calling(create_app(settings.model_copy(update={"job_workers": 1}))):
            told = await ended(gateway, submitted)
    await killer.close()
    assert (told["status"], told["error"]["type"]) == ("failed", "/problems/internal-error")
    assert "2 workers" in told["error"]["detail"]
