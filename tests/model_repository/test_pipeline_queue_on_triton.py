"""The queue before an engine in the pipeline's own process, on a real Triton: who is refused, leaves, or is late."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import grpc
import pytest
import tritonclient.grpc as triton

from tests.model_repository.colour_engine import set_parameter, write_repository
from tests.model_repository.colour_triton import BAD, GOOD, ColourTriton, painted
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from tests.embedded.conftest import Launch

STREAMS, PLACES, CLIENTS = 2, 14, 16
MICROSECONDS = 1_000_000
KEPT_BACK_SECONDS = 0.4


def errors(answers: list[Future[Any]]) -> list[BaseException]:
    """Wait for all the answers."""
    return [error for answer in answers if (error := answer.exception(PATIENCE))]


def assert_full(refusals: list[BaseException]) -> None:
    for refusal in refusals:
        assert isinstance(refusal, triton.InferenceServerException)
        assert "Exceeds maximum queue size" in str(refusal)
        assert refusal.status() == str(grpc.StatusCode.UNAVAILABLE)


@pytest.fixture(scope="module", params=["onnxruntime", "openvino"])
def slow(serve: Launch, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> ColourTriton:
    repository = write_repository(tmp_path_factory.mktemp("slow") / "models", backend=request.param, slow=True)
    set_parameter(repository, "queue.max_queue_size", str(PLACES))
    set_parameter(repository, "queue.default_timeout_microseconds", "0")
    return ColourTriton(serve(repository))


def test_a_run_that_fails_is_told_and_harms_no_other(slow: ColourTriton) -> None:
    for _ in range(STREAMS + 1):  # no thread is lost
        with pytest.raises(triton.InferenceServerException, match="Reshape") as failed:
            slow.detect(BAD)
        assert "Traceback" not in str(failed.value)
    assert len(slow.detect(GOOD).as_numpy("boxes")) == 1
    wait_until(lambda: slow.counted("engine_run_failure_count", "yolov8n", "detect") == STREAMS + 1)


def test_nothing_is_inferred_for_clients_that_left_while_they_waited(slow: ColourTriton) -> None:
    runs = slow.runs_until_now()
    calls = [slow.begin(GOOD)[0] for _ in range(CLIENTS)]
    wait_until(lambda: slow.waiting() >= CLIENTS - 2 * STREAMS)
    time.sleep(0.1)  # before Triton has begun with a call, it does not notice that it is cancelled
    for call in calls:
        call.cancel()
    wait_until(lambda: slow.waiting() == 0)
    assert slow.runs_until_now() - runs - 1 <= CLIENTS // 2


def test_a_full_queue_refuses_and_loses_nobody(slow: ColourTriton) -> None:
    refused, too_many = slow.counted("pipeline_queue_refusal_count", "detect"), CLIENTS // 2
    answers = [slow.begin(GOOD)[1] for _ in range(CLIENTS + too_many)]
    refusals = errors(answers)
    # A thread may just have been through with a picture of before.
    assert 0 < len(refusals) <= too_many + STREAMS
    assert_full(refusals)
    wait_until(lambda: slow.counted("pipeline_queue_refusal_count", "detect") - refused == len(refusals))
    wait_until(lambda: slow.waiting() == 0)
    assert slow.counted("pipeline_queue_duration_us", "detect") > 0


def test_nobody_waits_longer_and_nothing_is_heavier_than_the_queue_allows(serve: Launch, tmp_path: Path) -> None:
    repository, fitting = write_repository(tmp_path / "models", slow=True), 10
    set_parameter(repository, "queue.default_timeout_microseconds", str(MICROSECONDS // 2))
    set_parameter(repository, "queue.max_queue_bytes", str(fitting * len(GOOD)))
    server = ColourTriton(serve(repository))
    runs = server.runs_until_now()
    timeouts = [None, 60 * MICROSECONDS]  # who asks for longer gets no more
    answers = [server.begin(GOOD, timeout=timeouts[number % 2])[1] for number in range(CLIENTS)]
    late = [error for error in errors(answers) if "Request timeout expired" in str(error)]
    refusals = [error for error in errors(answers) if error not in late]
    assert late
    assert 0 < len(refusals) <= CLIENTS - fitting
    assert_full(refusals)
    assert server.runs_until_now() - runs - 1 == CLIENTS - len(refusals) - len(late)


def test_of_pictures_that_come_at_the_same_moment_none_is_kept_back(serve: Launch, tmp_path: Path) -> None:
    """As Triton's own queue would keep one back, for half a second, ten to twenty times here."""
    server, late = ColourTriton(serve(write_repository(tmp_path / "models"))), 0
    for _ in range(30):
        began = time.perf_counter()
        answers = [server.begin(BAD)[1] for _ in range(4)]
        for answer in answers:
            answer.result(PATIENCE)
        late += time.perf_counter() - began > KEPT_BACK_SECONDS
        time.sleep(0.1)  # nothing else comes: the next request would help
    assert late <= 1, "the machine itself may be late"


def test_who_has_no_time_left_when_it_is_decoded_is_told_so(slow: ColourTriton) -> None:
    runs, long_to_decode = slow.runs_until_now(), painted((200, 200, 90), 2800, 4000)
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired") as refused:
        slow.detect(long_to_decode, timeout=MICROSECONDS // 100)
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)
    assert slow.runs_until_now() - runs == 1, "the one that failed before, and nothing in between"


def test_who_has_no_time_left_at_its_turn_is_told_so(slow: ColourTriton) -> None:
    runs = slow.runs_until_now()
    answers = [slow.begin(GOOD)[1] for _ in range(STREAMS)]
    time.sleep(0.05)  # requests of the same moment may overtake one another
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired"):
        slow.detect(GOOD, timeout=MICROSECONDS // 10)  # each of the others takes three times as long
    assert all(answer.result(PATIENCE) for answer in answers)
    assert slow.runs_until_now() - runs == STREAMS + 1, "also the one that failed before"
