"""Traces: a span for the request, one for each stage, and those of Triton below the one that waited for it."""

from collections.abc import Iterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from gateway.tracing import NAME, Tracing
from tests.gateway import gateways, otlp
from tests.gateway.fake_triton import FakeTriton
from tests.gateway.otlp import Receiver
from tests.gateway.pictures import encoded

pytestmark = pytest.mark.anyio
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with otlp.receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        yield receiver


async def test_spans_form_a_tree_below_the_clients(gateway_settings: Settings, receiver: Receiver) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        headers = {**TRACEPARENT, "accept": "image/jpeg"}
        answer = await gateway.post("/v1/detect?iou=0.5", files={"file": encoded()}, headers=headers)
        assert answer.status_code == 200
    # Leaving has flushed: nothing is waited for.
    spans = {span.name: span for span in receiver.spans}
    server = spans["POST /v1/detect"]
    assert (server.trace_id, server.parent) == (TRACE, PARENT)
    assert {spans[stage].parent for stage in ("read", "queue", "infer", "draw")} == {server.span_id}
    assert {span.trace_id for span in receiver.spans} == {TRACE}
    assert {span.service for span in receiver.spans} == {NAME}


async def test_triton_is_told_the_span_that_waits_for_it(
    gateway_settings: Settings, triton: FakeTriton, receiver: Receiver
) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        await gateway.post("/v1/detect", files={"file": encoded()}, headers=TRACEPARENT)
    infer = next(span for span in receiver.spans if span.name == "infer")
    assert triton.metadata["traceparent"] == f"00-{TRACE}-{infer.span_id}-01"


async def test_what_a_client_asked_for_is_in_no_span(gateway_settings: Settings, receiver: Receiver) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        await gateway.get("/v1/models?token=hush")
    assert receiver.spans
    assert not [span for span in receiver.spans if "hush" in str(span)]


async def test_an_error_is_on_its_span(gateway_settings: Settings, receiver: Receiver) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        await gateway.post("/v1/detect?model=nope", files={"file": encoded()})
    server = next(span for span in receiver.spans if span.name == "POST /v1/detect")
    assert "404" in server.attributes["http.response.status_code"]


async def test_probes_are_not_traced(gateway_settings: Settings, receiver: Receiver) -> None:
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await gateway.get(path)).status_code == 200
    assert not receiver.spans


async def test_without_an_endpoint_nothing_is_recorded(gateway: httpx.AsyncClient, triton: FakeTriton) -> None:
    assert Tracing().tracer is None
    await gateway.post("/v1/detect", files={"file": encoded()}, headers=TRACEPARENT)
    assert "traceparent" not in triton.metadata


@pytest.mark.parametrize("switch", [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
def test_standard_switches_are_honoured(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, switch: tuple[str, str]
) -> None:
    assert receiver.url
    assert Tracing().tracer
    monkeypatch.setenv(*switch)
    assert Tracing().tracer is None


async def test_a_receiver_that_is_away_disturbs_nobody(
    gateway_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        assert (await gateway.post("/v1/detect", files={"file": encoded()})).status_code == 200
