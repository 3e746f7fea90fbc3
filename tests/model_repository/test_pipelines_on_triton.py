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

from tests.model_repository import slow_triton
from tests.model_repository.pictures import encode
from tests.model_repository.slow_repository import INSTANCES
from tests.model_repository.slow_triton import PLACES, SlowTriton
from tests.triton_metrics import metrics
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENTS = 16
SECOND = 100  # of red, for the engine
MICROSECONDS = 1_000_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlowTriton]:
    with slow_triton.running(tmp_path_factory.mktemp("slow")) as server:
        yield server


@pytest.fixture
def server(running: SlowTriton) -> SlowTriton:
    running.runs()
    return running


def image(picture: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([picture], dtype=object))
    return tensor


def painted(red: int = 0, green: int = 0, side: int = 64) -> bytes:
    return encode(np.full((side, side, 3), (red, green, 0), np.uint8))


def detect(server: SlowTriton, picture: bytes, **options: Any) -> Any:
    return server.client.infer("detect", [image(picture)], **options)


def begin(server: SlowTriton, picture: bytes, **options: Any) -> tuple[Any, Future[Any]]:
    """Send a request that can be cancelled."""
    answer: Future[Any] = Future()

    def arrived(result: Any, error: Any) -> None:
        answer.set_exception(error) if error else answer.set_result(result)

    return server.client.async_infer("detect", [image(picture)], arrived, **options), answer


def begin_many(server: SlowTriton) -> list[Any]:
    """Send requests, and wait until each instance of the pipeline has one and the others are in its queue."""
    calls = [begin(server, painted())[0] for _ in range(CLIENTS)]
    wait_until(lambda: server.waiting("detect") == CLIENTS - INSTANCES, server.story)
    return calls


def cancel(server: SlowTriton, calls: list[Any]) -> None:
    """Cancel calls, and wait until Triton knows."""
    before = server.noticed()
    for call in calls:
        call.cancel()
    wait_until(lambda: server.noticed() - before == len(calls), server.story)


def test_the_engine_is_told_who_asks_and_how_long_is_left(server: SlowTriton) -> None:
    timeout = 60 * MICROSECONDS
    detect(server, painted(side=2000), request_id="mine", timeout=timeout, parameters={"colour": "red"})
    (run,) = server.runs()
    assert run["id"] == "mine"
    assert json.loads(run["parameters"]) == {"colour": "red"}
    assert timeout / 2 < run["timeout"] < timeout - 10_000, "decoding took more than a hundredth of a second"


def test_no_timeout_stays_none(server: SlowTriton) -> None:
    detect(server, painted())
    assert [run["timeout"] for run in server.runs()] == [0]


def test_the_engines_error_is_told_in_its_words(server: SlowTriton) -> None:
    with pytest.raises(triton.InferenceServerException, match="out of paint"):
        detect(server, painted(green=1))


def test_a_full_queue_of_the_engine_is_told_as_such(server: SlowTriton) -> None:
    with server.held("yolov8n"):
        server.occupy(places=PLACES - 1)
        _, waiting = begin(server, painted())
        wait_until(lambda: server.waiting("yolov8n") == PLACES)
        with pytest.raises(triton.InferenceServerException, match="Exceeds maximum queue size") as refused:
            detect(server, painted())
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)
    waiting.result(PATIENCE)


def test_a_timeout_in_the_queue_of_the_engine_is_told_as_such(server: SlowTriton) -> None:
    with server.held("yolov8n"):
        server.occupy()
        _, late = begin(server, painted(), timeout=2 * MICROSECONDS)
        wait_until(lambda: server.waiting("yolov8n") == 1)
        time.sleep(2)  # all the time it has
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired") as refused:
        late.result(PATIENCE)
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)


def test_an_engine_that_is_not_loaded_is_not_found_until_it_is_back(server: SlowTriton) -> None:
    server.client.unload_model("yolov8n")
    wait_until(lambda: not server.client.is_model_ready("yolov8n"))
    with pytest.raises(triton.InferenceServerException, match="yolov8n") as refused:
        detect(server, painted())
    assert refused.value.status() == str(grpc.StatusCode.NOT_FOUND)
    server.client.load_model("yolov8n")
    assert detect(server, painted()).as_numpy("boxes").shape == (0, 4)


def test_nothing_is_inferred_for_clients_that_left_while_they_waited(server: SlowTriton) -> None:
    ended, cancelled = server.ended(), server.cancelled()
    with server.held("yolov8n"):
        calls = begin_many(server)
        wait_until(lambda: server.waiting("yolov8n") == INSTANCES - 1, server.story)
        cancel(server, calls)
    wait_until(lambda: server.ended() - ended == CLIENTS, server.story)
    assert server.cancelled() - cancelled == CLIENTS - INSTANCES
    assert len(server.runs()) <= INSTANCES


def test_nothing_is_inferred_for_clients_that_left_while_their_pictures_were_decoded(server: SlowTriton) -> None:
    ended = server.ended()
    with server.held("detect"):
        cancel(server, begin_many(server))
    wait_until(lambda: server.ended() - ended == CLIENTS, server.story)
    assert server.runs() == []


def test_triton_tells_the_time_of_each_stage(server: SlowTriton) -> None:
    before, began = metrics(server.process.metrics_port), time.perf_counter()
    detect(server, painted(SECOND // 4))
    after, took = metrics(server.process.metrics_port), time.perf_counter() - began
    spent = [
        after["pipeline_stage_duration_us", "detect", stage] - before["pipeline_stage_duration_us", "detect", stage]
        for stage in ("decode", "fit", "engine", "finish")
    ]
    assert all(spent)
    assert spent[2] > MICROSECONDS / 4
    assert sum(spent) < took * MICROSECONDS
