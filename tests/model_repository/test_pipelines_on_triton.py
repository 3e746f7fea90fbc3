"""A pipeline on a real Triton, with an engine that is slow, full, failing or not there at will."""

from __future__ import annotations

import json
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton

from tests.embedded.servers import EmbeddedProcess
from tests.model_repository.pictures import encode
from tests.model_repository.slow_repository import write_repository
from tests.triton_metrics import metrics

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

INSTANCES = 2
SECOND = 100  # of red, for the engine


class Server:
    """Triton with the pipeline `detect`; `runs` are those of its engine since the last look."""

    def __init__(self, process: EmbeddedProcess, repository: Path) -> None:
        self.process = process
        self.client = triton.InferenceServerClient(f"127.0.0.1:{process.grpc_port}")
        self._file = repository / "yolov8n/runs.jsonl"
        self._seen = 0

    def runs(self) -> list[dict[str, Any]]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        new, self._seen = lines[self._seen :], len(lines)
        return [json.loads(line) for line in new]

    def detect(self, picture: bytes, **options: Any) -> Any:
        return self.client.infer("detect", [image(picture)], **options)

    def begin(self, picture: bytes) -> tuple[Any, Future[Any]]:
        """Send a request that can be cancelled."""
        answer: Future[Any] = Future()

        def arrived(result: Any, error: Any) -> None:
            answer.set_exception(error) if error else answer.set_result(result)

        return self.client.async_infer("detect", [image(picture)], arrived), answer

    def occupy(self, red: int) -> None:
        """Let the engine's one instance work, and wait until it does."""
        images = triton.InferInput("images", [1, 1, 1, 3], "UINT8")
        images.set_data_from_numpy(np.array([[[[red, 0, 0]]]], np.uint8))
        self.client.async_infer("yolov8n", [images], lambda result, error: None)  # noqa: ARG005 - called with these names
        wait_for(lambda: bool(self.runs()))


def image(picture: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([picture], dtype=object))
    return tensor


def painted(red: int = 0, green: int = 0, side: int = 64) -> bytes:
    return encode(np.full((side, side, 3), (red, green, 0), np.uint8))


def wait_for(true: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EmbeddedProcess, Path]]:
    repository = write_repository(tmp_path_factory.mktemp("slow") / "models")
    process = EmbeddedProcess(repository)
    try:
        process.wait_until_ready()
        yield process, repository
    finally:
        process.stop()


@pytest.fixture
def server(running: tuple[EmbeddedProcess, Path]) -> Iterator[Server]:
    server = Server(*running)
    server.runs()
    yield server
    server.client.close()


def test_the_engine_is_told_who_asks_and_how_long_is_left(server: Server) -> None:
    server.detect(painted(side=2000), request_id="mine", timeout=5_000_000, parameters={"colour": "red"})
    (run,) = server.runs()
    assert run["id"] == "mine"
    assert json.loads(run["parameters"]) == {"colour": "red"}
    assert 4_000_000 < run["timeout"] < 5_000_000 - 10_000, "decoding took more than a hundredth of a second"


def test_no_timeout_stays_none(server: Server) -> None:
    server.detect(painted())
    assert [run["timeout"] for run in server.runs()] == [0]


def test_the_engines_error_is_told_in_its_words(server: Server) -> None:
    with pytest.raises(triton.InferenceServerException, match="out of paint"):
        server.detect(painted(green=1))


def test_a_full_queue_of_the_engine_is_told_as_such(server: Server) -> None:
    server.occupy(SECOND)
    _, waiting = server.begin(painted())
    wait_for(lambda: metrics(server.process.metrics_port)["nv_inference_pending_request_count", "yolov8n"] == 1)
    with pytest.raises(triton.InferenceServerException, match="Exceeds maximum queue size") as refused:
        server.detect(painted())
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)
    waiting.result(10)


def test_a_timeout_in_the_queue_of_the_engine_is_told_as_such(server: Server) -> None:
    server.occupy(SECOND // 2)
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired") as refused:
        server.detect(painted(), timeout=100_000)
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)


def test_an_engine_that_is_not_loaded_is_not_found_until_it_is_back(server: Server) -> None:
    server.client.unload_model("yolov8n")
    wait_for(lambda: not server.client.is_model_ready("yolov8n"))
    with pytest.raises(triton.InferenceServerException, match="yolov8n") as refused:
        server.detect(painted())
    assert refused.value.status() == str(grpc.StatusCode.NOT_FOUND)
    server.client.load_model("yolov8n")
    assert server.detect(painted()).as_numpy("boxes").shape == (0, 4)


def test_nothing_is_inferred_for_clients_that_left_while_they_waited(server: Server) -> None:
    calls = [server.begin(painted(SECOND // 2))[0] for _ in range(16)]
    wait_for(lambda: metrics(server.process.metrics_port)["nv_inference_pending_request_count", "detect"] == 14)
    for call in calls:
        call.cancel()
    wait_for(lambda: metrics(server.process.metrics_port)["nv_inference_request_failure", "detect", "CANCELED"] >= 14)
    server.detect(painted())  # behind all that may still be under way
    assert len(server.runs()) <= INSTANCES + 1


def test_nothing_is_inferred_for_a_client_that_left_while_its_picture_was_decoded(server: Server) -> None:
    call, _ = server.begin(painted(side=6000))
    time.sleep(0.1)  # of half a second that it takes
    call.cancel()
    for _ in range(2 * INSTANCES):  # until the decoding is over, whichever instance does it
        server.detect(painted(SECOND // 4))
    assert len(server.runs()) == 2 * INSTANCES


def test_triton_tells_the_time_of_each_stage(server: Server) -> None:
    before = metrics(server.process.metrics_port)
    server.detect(painted(SECOND // 4))
    after = metrics(server.process.metrics_port)
    spent = {
        stage: after["pipeline_stage_duration_us", "detect", stage]
        - before["pipeline_stage_duration_us", "detect", stage]
        for stage in ("decode", "fit", "engine", "finish")
    }
    assert 250_000 < spent.pop("engine") < 750_000
    assert all(0 < each < 250_000 for each in spent.values())
