"""Whatever the gateway does, the page gets a checked answer or an error with a sentence for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ui.errors import (
    BadRequest,
    Busy,
    GatewayAway,
    GatewaySlow,
    InvalidAnswer,
    NotAllowed,
    NotAPicture,
    Refused,
    TooLarge,
    TooMany,
    UiError,
)
from ui.gateway.answers import Detections
from ui.gateway.client import Gateway, http_client
from ui.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

BOX = {"x_min": 1, "y_min": 2, "x_max": 3, "y_max": 4, "confidence": 0.5, "class_id": 0, "label": "person"}
ANSWER: dict[str, Any] = {
    "model": "yolov8n",
    "version": "1",
    "weights": "official",
    "image": {"width": 10, "height": 10},
    "inference_time_ms": 1.5,
    "request_id": "abc",
    "detections": [BOX],
}
PROBLEM = {"type": "/problems/a-slug", "detail": "What happened.", "hint": "What to do.", "request_id": "abc"}


def gateway(answer: Callable[[httpx.Request], httpx.Response]) -> Gateway:
    return Gateway(httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(answer)))


def answering(status: int, document: Any = None, **options: Any) -> Gateway:
    return gateway(lambda _: httpx.Response(status, json=document, **options))


def failing(error: Exception) -> Gateway:
    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    return gateway(fail)


async def detect(client: Gateway) -> Detections:
    inferred = await client.infer("detect", b"picture", "image/jpeg", {"confidence": 0.4, "model": None}, Detections)
    assert isinstance(inferred.answer, Detections)
    return inferred.answer


async def test_an_answer_is_read() -> None:
    answer = await detect(answering(200, ANSWER))
    assert answer.detections[0].label == "person"


async def test_what_is_left_to_the_gateway_is_not_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.query == b"confidence=0.4"
        assert request.headers["content-type"] == "image/jpeg"
        assert request.content == b"picture"
        return httpx.Response(200, json=ANSWER)

    await detect(gateway(answer))


async def test_the_timing_comes_with_the_answer() -> None:
    client = answering(200, ANSWER, headers={"server-timing": "infer;dur=7, total;dur=9"})
    timing = (await client.infer("detect", b"", "image/jpeg", {}, Detections)).timing
    assert timing.total_ms == 9
    assert timing.round_trip_ms > 0


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotAllowed),
        (403, NotAllowed),
        (404, BadRequest),
        (413, TooLarge),
        (415, NotAPicture),
        (422, BadRequest),
        (429, TooMany),
        (503, Busy),
        (504, Busy),
        (500, Refused),
    ],
)
async def test_a_problem_is_an_error_with_its_words(status: int, kind: type[Refused]) -> None:
    with pytest.raises(Refused) as caught:
        await detect(answering(status, PROBLEM))
    assert type(caught.value) is kind
    # Hints to what passes are written for programs.
    assert str(caught.value) == f"What happened. {kind.advice or 'What to do.'}"
    assert (caught.value.status, caught.value.slug, caught.value.request_id) == (status, "a-slug", "abc")


async def test_the_fields_that_are_wrong_are_named() -> None:
    problem = {**PROBLEM, "errors": [{"field": "iou", "message": "too large"}]}
    with pytest.raises(BadRequest, match="iou: too large"):
        await detect(answering(422, problem))


async def test_another_try_is_made_when_the_gateway_says() -> None:
    with pytest.raises(Busy) as caught:
        await detect(answering(503, PROBLEM, headers={"retry-after": "7"}))
    assert caught.value.retry_after == 7


@pytest.mark.parametrize("status", [413, 415, 422, 429, 503, 504])
async def test_an_error_page_of_a_proxy_is_not_shown(status: int) -> None:
    client = gateway(lambda _: httpx.Response(status, text="<html>nginx</html>"))
    with pytest.raises(Refused) as caught:
        await detect(client)
    assert "nginx" not in str(caught.value)
    assert str(caught.value) == type(caught.value).message


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), GatewayAway),
        (httpx.ConnectTimeout("slow"), GatewayAway),
        (httpx.RemoteProtocolError("gone"), GatewayAway),
        (httpx.ReadTimeout("slow"), GatewaySlow),
    ],
)
async def test_a_gateway_that_does_not_answer(error: Exception, kind: type[UiError]) -> None:
    with pytest.raises(UiError) as caught:
        await detect(failing(error))
    assert type(caught.value) is kind
    assert caught.value.retry_after


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        {**ANSWER, "detections": None},
        {**ANSWER, "image": {"width": 0, "height": 10}},
        {**ANSWER, "detections": [{**BOX, "confidence": 2}]},
        {**ANSWER, "detections": [{**BOX, "x_min": "left"}]},
    ],
)
async def test_an_answer_that_is_not_as_promised_is_refused(wrong: Any) -> None:
    with pytest.raises(InvalidAnswer):
        await detect(answering(200, wrong))


async def test_a_field_that_is_new_does_not_hurt() -> None:
    await detect(answering(200, {**ANSWER, "detections": [{**BOX, "track": 7}], "new": 1}))


async def test_a_gateway_without_models_is_not_ready() -> None:
    assert not await answering(503, PROBLEM).ready()
    assert await answering(200, {"status": "ready"}).ready()


async def test_the_key_is_sent_and_proxies_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_API_KEY", "tv_secret")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    settings = Settings()
    assert "tv_secret" not in repr(settings)
    async with http_client(settings) as http:
        assert http.headers["x-api-key"] == "tv_secret"
        assert not http.trust_env
