"""A pipeline with the engine in its own process, on a real Triton."""

from __future__ import annotations

import shutil
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
import numpy as np
import pytest
import tritonclient.grpc as triton

from export.tuning.space import USUAL_STREAMS
from tests.model_repository.colour_engine import GOOD_HEIGHT, set_parameter, write_repository
from tests.model_repository.pictures import encode
from tests.triton_metrics import metrics
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded.conftest import Launch
    from tests.embedded.servers import EmbeddedProcess

BACKENDS = ["onnxruntime", "openvino"]
STREAMS, PLACES, CLIENTS = 2, 14, 16
MICROSECONDS = 1_000_000
KEPT_BACK_SECONDS = 0.4


class Server:
    """Triton, asked over gRPC."""

    def __init__(self, process: EmbeddedProcess) -> None:
        self.process = process
        self.client = triton.InferenceServerClient(f"127.0.0.1:{process.grpc_port}")

    def detect(self, picture: bytes, **options: Any) -> Any:
        return self.client.infer("detect", [image(picture)], client_timeout=PATIENCE, **options)

    def begin(self, picture: bytes, **options: Any) -> tuple[Any, Future[Any]]:
        """Send a request that can be cancelled."""
        answer: Future[Any] = Future()

        def arrived(result: Any, error: Any) -> None:
            answer.set_exception(error) if error else answer.set_result(result)

        return self.client.async_infer("detect", [image(picture)], arrived, **options), answer

    def counted(self, *key: str) -> float:
        return metrics(self.process.metrics_port)[key]

    def runs(self) -> float:
        return self.counted("engine_run_count", "yolov8n", "detect")

    def runs_until_now(self) -> float:
        """Let a run fail, which is told at the earliest with all before it, and return how many those are."""
        failures = self.counted("engine_run_failure_count", "yolov8n", "detect")
        with pytest.raises(triton.InferenceServerException):
            self.detect(BAD)
        wait_until(lambda: self.counted("engine_run_failure_count", "yolov8n", "detect") == failures + 1)
        return self.runs() - 1

    def waiting(self) -> float:
        return self.counted("pipeline_pending_request_count", "detect")


def errors(answers: list[Future[Any]]) -> list[BaseException]:
    """Wait for all the answers."""
    return [error for answer in answers if (error := answer.exception(PATIENCE))]


def assert_full(refusals: list[BaseException]) -> None:
    for refusal in refusals:
        assert isinstance(refusal, triton.InferenceServerException)
        assert "Exceeds maximum queue size" in str(refusal)
        assert refusal.status() == str(grpc.StatusCode.UNAVAILABLE)


def image(picture: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([picture], dtype=object))
    return tensor


def painted(colour: tuple[int, int, int], height: int = 64, width: int = 64) -> bytes:
    return encode(np.full((height, width, 3), colour, np.uint8))


GOOD = painted((200, 200, 90), GOOD_HEIGHT, 640)
BAD = painted((200, 200, 90))


@pytest.fixture(scope="module")
def quick(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Server:
    repository = write_repository(tmp_path_factory.mktemp("quick") / "models", backend="openvino")
    # What the network sees of the painted pictures that are square; the others are of a shape of their own.
    set_parameter(repository, "engine.shapes", "640x640")
    return Server(serve(repository))


@pytest.fixture(scope="module")
def many(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """With more streams than have weights and code of their own."""
    repository = write_repository(tmp_path_factory.mktemp("many") / "models", backend="openvino")
    set_parameter(repository, "NUM_STREAMS", "5")
    set_parameter(repository, "INFERENCE_NUM_THREADS", "5")
    return Server(serve(repository))


@pytest.fixture(scope="module")
def shared(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """With ONNX Runtime, where all runs are those of one session."""
    return Server(serve(write_repository(tmp_path_factory.mktemp("shared") / "models", backend="onnxruntime")))


@pytest.fixture(scope="module")
def pooled(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """With ONNX Runtime, and threads beyond those that ask, for whichever run has work for them."""
    repository = write_repository(tmp_path_factory.mktemp("pooled") / "models", backend="onnxruntime")
    set_parameter(repository, "INFERENCE_NUM_THREADS", "4")
    return Server(serve(repository))


@pytest.fixture(scope="module", params=BACKENDS)
def slow(serve: Launch, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Server:
    repository = write_repository(tmp_path_factory.mktemp("slow") / "models", backend=request.param, slow=True)
    set_parameter(repository, "queue.max_queue_size", str(PLACES))
    set_parameter(repository, "queue.default_timeout_microseconds", "0")
    return Server(serve(repository))


@pytest.mark.parametrize("runs", ["quick", "many", "shared", "pooled"])
def test_of_many_pictures_at_a_time_each_gets_its_own_answer(runs: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(runs)
    numbers = range(500)
    colours = [(100 + number % 101, 200 - number % 97, 20 + number % 60) for number in numbers]
    heights = [(64, 64, 64, 48)[number % 4] for number in numbers]
    with ThreadPoolExecutor(CLIENTS) as pool:
        pictures = map(painted, colours, heights)
        boxes = list(pool.map(lambda picture: server.detect(picture).as_numpy("boxes")[0], pictures))
    red, green, blue = np.array(colours).T
    corners = np.stack([red - blue / 2, green - blue / 2, red + blue / 2, green + blue / 2], axis=1)
    np.testing.assert_allclose(boxes, corners / 10, atol=0.01)  # 640 pixels of the network's input are 64 of these


def test_runs_count_as_the_engines_and_stages_as_the_pipelines(quick: Server) -> None:
    for _ in range(3):
        quick.detect(BAD)
    wait_until(lambda: quick.runs() == quick.counted("nv_inference_request_success", "detect") >= 3)
    assert quick.counted("engine_run_duration_us", "yolov8n", "detect") > 0
    assert all(quick.counted("pipeline_stage_duration_us", "detect", stage) for stage in ("decode", "engine", "finish"))


@pytest.mark.parametrize(
    ("backend", "streams"), [("onnxruntime", STREAMS), ("openvino", STREAMS), ("openvino", USUAL_STREAMS + 1)]
)
def test_a_picture_that_is_alone_may_have_more_threads(
    serve: Launch, tmp_path: Path, backend: str, streams: int
) -> None:
    repository, ones, many = write_repository(tmp_path / "models", backend=backend), 5, 200
    picture, both = painted((100, 110, 20)), ("detect", "detect_alone")
    for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"):
        set_parameter(repository, name, str(streams))
    set_parameter(repository, "engine.alone", "2")
    server = Server(serve(repository))
    alone = [server.detect(picture).as_numpy("boxes").tolist() for _ in range(ones)]
    wait_until(lambda: sum(server.counted("engine_run_count", "yolov8n", one) for one in both) == ones)
    assert server.counted("engine_run_count", "yolov8n", "detect_alone") > ones / 2
    with_company = server.runs()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = pool.map(lambda _: server.detect(picture).as_numpy("boxes").tolist(), range(many))
        assert list(answers) == alone[:1] * many
    wait_until(lambda: sum(server.counted("engine_run_count", "yolov8n", one) for one in both) == ones + many)
    assert server.runs() > with_company


def test_the_engine_can_still_be_asked_and_says_the_same(quick: Server) -> None:
    images = triton.InferInput("images", [1, 32, 64, 3], "UINT8")
    images.set_data_from_numpy(np.full((1, 32, 64, 3), (7, 8, 9), np.uint8))
    answer = quick.client.infer("yolov8n", [images], client_timeout=PATIENCE).as_numpy("candidates")
    assert answer.tolist() == [[[7, 8, 9, 9, 1, 0]]]
    # Counted a moment after the answer; more would be the pipeline's.
    wait_until(lambda: quick.counted("nv_inference_request_success", "yolov8n") == 1)


def test_a_run_that_fails_is_told_and_harms_no_other(slow: Server) -> None:
    for _ in range(STREAMS + 1):  # no thread is lost
        with pytest.raises(triton.InferenceServerException, match="Reshape") as failed:
            slow.detect(BAD)
        assert "Traceback" not in str(failed.value)
    assert len(slow.detect(GOOD).as_numpy("boxes")) == 1
    wait_until(lambda: slow.counted("engine_run_failure_count", "yolov8n", "detect") == STREAMS + 1)


def test_nothing_is_inferred_for_clients_that_left_while_they_waited(slow: Server) -> None:
    runs = slow.runs_until_now()
    calls = [slow.begin(GOOD)[0] for _ in range(CLIENTS)]
    wait_until(lambda: slow.waiting() >= CLIENTS - 2 * STREAMS)
    time.sleep(0.1)  # before Triton has begun with a call, it does not notice that it is cancelled
    for call in calls:
        call.cancel()
    wait_until(lambda: slow.waiting() == 0)
    assert slow.runs_until_now() - runs - 1 <= CLIENTS // 2


def test_a_full_queue_refuses_and_loses_nobody(slow: Server) -> None:
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
    server = Server(serve(repository))
    runs = server.runs_until_now()
    timeouts = [None, 60 * MICROSECONDS]  # who asks for longer gets no more
    answers = [server.begin(GOOD, timeout=timeouts[number % 2])[1] for number in range(CLIENTS)]
    late = [error for error in errors(answers) if "Request timeout expired" in str(error)]
    refusals = [error for error in errors(answers) if error not in late]
    assert late
    assert 0 < len(refusals) <= CLIENTS - fitting
    assert_full(refusals)
    assert server.runs_until_now() - runs - 1 == CLIENTS - len(refusals) - len(late)


def test_of_pictures_that_come_at_the_same_moment_none_is_kept_back(quick: Server) -> None:
    """As Triton's own queue would keep one back, for half a second, ten to twenty times here."""
    late = 0
    for _ in range(30):
        began = time.perf_counter()
        answers = [quick.begin(BAD)[1] for _ in range(4)]
        for answer in answers:
            answer.result(PATIENCE)
        late += time.perf_counter() - began > KEPT_BACK_SECONDS
        time.sleep(0.1)  # nothing else comes: the next request would help
    assert late <= 1, "the machine itself may be late"


def test_who_has_no_time_left_when_it_is_decoded_is_told_so(slow: Server) -> None:
    runs, long_to_decode = slow.runs_until_now(), painted((200, 200, 90), 2800, 4000)
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired") as refused:
        slow.detect(long_to_decode, timeout=MICROSECONDS // 100)
    assert refused.value.status() == str(grpc.StatusCode.UNAVAILABLE)
    assert slow.runs_until_now() - runs == 1, "the one that failed before, and nothing in between"


def test_who_has_no_time_left_at_its_turn_is_told_so(slow: Server) -> None:
    runs = slow.runs_until_now()
    answers = [slow.begin(GOOD)[1] for _ in range(STREAMS)]
    with pytest.raises(triton.InferenceServerException, match=r"(?i)timeout expired"):
        slow.detect(GOOD, timeout=MICROSECONDS // 10)  # each of the others takes three times as long
    assert all(answer.result(PATIENCE) for answer in answers)
    assert slow.runs_until_now() - runs == STREAMS + 1, "also the one that failed before"


@pytest.mark.parametrize("place", ["nowhere", "own folder"])
def test_the_engines_file_is_looked_for_and_else_the_engine_is_asked(
    serve: Launch,
    tmp_path: Path,
    place: str,
) -> None:
    repository = write_repository(tmp_path / "models")
    if place == "own folder":  # as for an object store, where Triton fetches each folder by itself
        shutil.copy(repository / "yolov8n/1/model.onnx", repository / "detect/1/inside.onnx")
    set_parameter(repository, "engine.file", "inside.onnx")
    server = Server(serve(repository))
    asked = place == "nowhere"
    assert ("detect asks yolov8n through Triton, which is slower" in server.process.printed()) == asked
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(server.detect, painted((100, 110, 20))) for _ in range(8)]
    assert all(len(answer.result().as_numpy("boxes")) == 1 for answer in answers)
    assert server.counted("nv_inference_request_success", "yolov8n") == (8 if asked else 0)


def test_a_server_without_what_should_run_the_engine_asks_it_through_triton(serve: Launch, tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "models", backend="onnxruntime")
    module = repository / "detect/1/engine_inside.py"
    code = module.read_text()
    assert '"onnxruntime_engine"' in code
    module.write_text(code.replace('"onnxruntime_engine"', '"not_on_this_server"'))
    server = Server(serve(repository))
    assert "this server has no onnxruntime for Python models" in server.process.printed()
    assert len(server.detect(BAD).as_numpy("boxes")) == 1
    wait_until(lambda: server.counted("nv_inference_request_success", "yolov8n") == 1)


def test_threads_that_a_picture_has_anyway_take_no_second_engine(serve: Launch, tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "models")
    for name, value in {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "2", "engine.alone": "2"}.items():
        set_parameter(repository, name, value)
    server = Server(serve(repository))
    server.detect(BAD)
    wait_until(lambda: server.runs() == 1)
    assert ("engine_run_count", "yolov8n", "detect_alone") not in metrics(server.process.metrics_port)


@pytest.mark.parametrize(
    ("backend", "name", "value", "reason"),
    [
        ("openvino", "HINT_BF16", "NO", "'HINT_BF16' to be YES"),
        ("openvino", "NUM_STREAMS", "AUTO", "'NUM_STREAMS' to be a non-negative number"),
        ("openvino", "engine.warmup", "640", "'engine.warmup' to be shapes"),
        ("openvino", "queue.max_queue_size", "many", "'queue.max_queue_size' to be a non-negative number"),
        ("openvino", "engine.alone", "all", "'engine.alone' to be a number of threads"),
        ("openvino", "engine.shapes", "480*640", "'engine.shapes' to be shapes"),
        ("openvino", "NUM_STREAMS", str(USUAL_STREAMS + 1), f"at most {USUAL_STREAMS} streams"),
        ("onnxruntime", "engine.shapes", "640x640", "'engine.shapes' is for OpenVINO"),
        ("onnxruntime", "HINT_BF16", "YES", "'HINT_BF16' is for OpenVINO"),
        ("onnxruntime", "PERFORMANCE_HINT", "LATENCY", "'PERFORMANCE_HINT' is for OpenVINO"),
        ("onnxruntime", "INFERENCE_NUM_THREADS", "-1", "'INFERENCE_NUM_THREADS' to be a non-negative number"),
        ("tensorrt", "engine.file", "model.onnx", "'engine.backend' to be onnxruntime or openvino, got tensorrt"),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    launch: Launch,
    tmp_path: Path,
    backend: str,
    name: str,
    value: str,
    reason: str,
) -> None:
    repository = write_repository(tmp_path / "models", backend=backend)
    if backend == "openvino":
        set_parameter(repository, "engine.shapes", "640x640")
    set_parameter(repository, name, value)
    line = launch(repository).last_line()
    assert "model detect failed to load" in line
    assert reason in line
