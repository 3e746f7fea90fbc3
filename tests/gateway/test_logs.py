"""What is written for machines: every line an object that names its request and holds nothing of its content."""

import json
import logging
import logging.config
from collections.abc import Iterator
from io import StringIO
from typing import Any

import grpc
import pytest

from gateway import logs
from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import gateways, otlp
from tests.gateway.fake_triton import FakeTriton, failing
from tests.gateway.pictures import encoded
from tests.gateway.test_tracing import TRACE, TRACEPARENT

pytestmark = pytest.mark.anyio


class Written(StringIO):
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]


@pytest.fixture
def written() -> Iterator[Written]:
    """Configure logging as a worker does, but for where it goes, and undo it."""
    config = logs.config("INFO", "json")
    stream = Written()
    config["handlers"]["stderr"]["stream"] = stream
    loggers = [logging.getLogger(name) for name in ("gateway", "uvicorn")]
    root = logging.getLogger()
    before, handlers = [(one.level, one.propagate) for one in loggers], root.handlers[:]
    logging.config.dictConfig(config)
    yield stream
    root.handlers[:] = handlers
    for one, (level, propagate) in zip(loggers, before, strict=True):
        one.handlers.clear()
        one.setLevel(level)
        one.propagate = propagate


async def test_a_request(gateway_settings: Settings, written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    with otlp.receiving() as receiver:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
        async with gateways.calling(create_app(gateway_settings)) as gateway:
            headers = {"x-request-id": "mine", **TRACEPARENT}
            await gateway.post("/v1/detect?iou=0.123", files={"file": encoded()}, headers=headers)
    line = next(line for line in written.objects() if line["logger"] == "gateway.access")
    assert {"timestamp", "level", "message"} <= line.keys()
    assert (line["request_id"], line["trace_id"], line["status"]) == ("mine", TRACE, 200)
    assert (line["method"], line["path"], line["route"]) == ("POST", "/v1/detect", "/v1/detect")
    assert line["model"] == "yolov8n"
    assert set(line["stages_ms"]) == {"read", "queue", "infer"}
    assert line["duration_ms"] > 0
    assert "problem" not in line
    assert "0.123" not in written.getvalue()


async def test_an_internal_error_names_its_request(
    gateway_settings: Settings, triton: FakeTriton, written: Written
) -> None:
    triton.infer = failing(grpc.StatusCode.INTERNAL, "broken")
    async with gateways.calling(create_app(gateway_settings)) as gateway:
        await gateway.post("/v1/detect", files={"file": encoded()}, headers={"x-request-id": "mine"})
    about = [line for line in written.objects() if line.get("request_id") == "mine"]
    assert [line["logger"] for line in about] == ["gateway.problems", "gateway.access"]
    assert "broken" in about[0]["exc_info"]
    assert about[1]["problem"] == "internal-error"


def test_uvicorn_speaks_the_same_language(written: Written) -> None:
    message = "Uvicorn running on %s"
    logging.getLogger("uvicorn.error").info(message, "x", extra={"color_message": "\x1b[1mUvicorn"})
    (line,) = written.objects()
    assert (line["logger"], line["message"]) == ("uvicorn.error", "Uvicorn running on x")
    assert set(line) == {"timestamp", "level", "logger", "message"}


def test_a_line_break_stays_within_its_line(written: Written) -> None:
    logging.getLogger("gateway").warning("two\nlines")
    assert len(written.objects()) == 1
