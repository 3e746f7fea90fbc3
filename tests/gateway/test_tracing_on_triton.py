"""The trace of a request goes on inside a real Triton: its spans hang below the gateway's."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.embedded.servers import EmbeddedProcess
from tests.gateway import gateways, otlp
from tests.gateway.otlp import Receiver
from tests.gateway.pictures import encoded
from tests.model_repository.slow_repository import asking

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with otlp.receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def triton(repository: Path, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedProcess]:
    models = tmp_path_factory.mktemp("traced") / "models"
    shutil.copytree(repository / "detect", models / "detect")
    (models / "yolov8n").symlink_to(repository / "yolov8n", target_is_directory=True)
    # An engine in its own process has no span there.
    (models / "detect/config.pbtxt").write_text(asking("detect", instances=1))
    tracing = ("mode=opentelemetry", "rate=1", "level=TIMESTAMPS", f"opentelemetry,url={receiver.url}/v1/traces")
    server = EmbeddedProcess(models, "--", *(f"--trace-config={value}" for value in tracing))
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.stop()


async def test_tritons_spans_hang_below_the_gateways(
    triton: EmbeddedProcess, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.url)
    async with gateways.calling(create_app(Settings(triton_url=f"127.0.0.1:{triton.grpc_port}"))) as gateway:
        assert (await gateway.post("/v1/detect", files={"file": encoded()})).status_code == 200
    spans = receiver.wait_for("infer", "InferRequest", "detect", "yolov8n")
    parents = {name: span.parent for name, span in spans.items()}
    assert parents["infer"] == spans["POST /v1/detect"].span_id
    assert parents["InferRequest"] == spans["infer"].span_id
    assert parents["detect"] == spans["InferRequest"].span_id
    assert parents["yolov8n"] == spans["detect"].span_id
    assert {span.trace_id for span in receiver.spans} == {spans["infer"].trace_id}
