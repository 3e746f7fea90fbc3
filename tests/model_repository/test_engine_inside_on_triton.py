"""A pipeline with the engine in its own process, on a real Triton."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tritonclient.grpc as triton
from letterboxing import PADDING

from export.tuning.space import MOST_STREAMS_WITH_SHAPES
from tests.model_repository.colour_engine import set_parameter, write_repository
from tests.model_repository.colour_triton import BAD, ColourTriton, painted
from tests.triton_metrics import metrics
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded.conftest import Launch

STREAMS, CLIENTS = 2, 16


@pytest.fixture(scope="module")
def quick(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> ColourTriton:
    """With three streams, for what the network sees of the painted pictures: 480x640, and the square by itself."""
    repository = write_repository(tmp_path_factory.mktemp("quick") / "models", backend="openvino")
    for name, value in {"engine.shapes": "480x640", "NUM_STREAMS": "3", "INFERENCE_NUM_THREADS": "3"}.items():
        set_parameter(repository, name, value)
    return ColourTriton(serve(repository))


@pytest.fixture(scope="module")
def many(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> ColourTriton:
    """With more streams than have weights and code of their own."""
    repository = write_repository(tmp_path_factory.mktemp("many") / "models", backend="openvino")
    set_parameter(repository, "NUM_STREAMS", "5")
    set_parameter(repository, "INFERENCE_NUM_THREADS", "5")
    return ColourTriton(serve(repository))


@pytest.fixture(scope="module")
def shared(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> ColourTriton:
    """With ONNX Runtime, where all runs are those of one session."""
    return ColourTriton(serve(write_repository(tmp_path_factory.mktemp("shared") / "models", backend="onnxruntime")))


@pytest.fixture(scope="module")
def pooled(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> ColourTriton:
    """With ONNX Runtime, and threads beyond those that ask, for whichever run has work for them."""
    repository = write_repository(tmp_path_factory.mktemp("pooled") / "models", backend="onnxruntime")
    set_parameter(repository, "INFERENCE_NUM_THREADS", "4")
    return ColourTriton(serve(repository))


@pytest.mark.parametrize("runs", ["quick", "many", "shared", "pooled"])
def test_of_many_pictures_at_a_time_each_gets_its_own_answer(runs: str, request: pytest.FixtureRequest) -> None:
    server: ColourTriton = request.getfixturevalue(runs)
    numbers = range(500)
    colours = [(100 + number % 101, 200 - number % 97, 20 + number % 60) for number in numbers]
    heights = [(64, 64, 64, 48)[number % 4] for number in numbers]
    with ThreadPoolExecutor(CLIENTS) as pool:
        pictures = map(painted, colours, heights)
        boxes = list(pool.map(lambda picture: server.detect(picture).as_numpy("boxes")[0], pictures))
    red, green, blue = np.array(colours).T
    corners = np.stack([red - blue / 2, green - blue / 2, red + blue / 2, green + blue / 2], axis=1)
    np.testing.assert_allclose(boxes, corners / 10, atol=0.01)  # 640 pixels of the network's input are 64 of these


@pytest.mark.parametrize(("height", "padded"), [(64, False), (48, False), (32, True)])
def test_pictures_are_padded_to_the_shapes_for_which_the_engine_is_compiled(
    quick: ColourTriton, height: int, *, padded: bool
) -> None:
    """The engine says the brightest blue as a width, and padding is brighter than the picture."""
    blue = 40
    assert blue < PADDING
    answer = quick.detect(painted((200, 210, blue), height))
    left, _, right, _ = answer.as_numpy("boxes")[0]
    assert (right - left) * 10 == pytest.approx(PADDING if padded else blue)


def test_runs_count_as_the_engines_and_stages_as_the_pipelines(quick: ColourTriton) -> None:
    for _ in range(3):
        quick.detect(BAD)
    wait_until(lambda: quick.runs() == quick.counted("nv_inference_request_success", "detect") >= 3)
    assert quick.counted("engine_run_duration_us", "yolov8n", "detect") > 0
    assert all(quick.counted("pipeline_stage_duration_us", "detect", stage) for stage in ("decode", "engine", "finish"))


@pytest.mark.parametrize(
    ("backend", "streams"),
    [("onnxruntime", STREAMS), ("openvino", STREAMS), ("openvino", MOST_STREAMS_WITH_SHAPES + 1)],
)
def test_a_picture_that_is_alone_may_have_more_threads(
    serve: Launch, tmp_path: Path, backend: str, streams: int
) -> None:
    repository, ones, many = write_repository(tmp_path / "models", backend=backend), 5, 200
    picture, both = painted((100, 110, 20)), ("detect", "detect_alone")
    for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"):
        set_parameter(repository, name, str(streams))
    set_parameter(repository, "engine.alone", "2")
    server = ColourTriton(serve(repository))
    alone = [server.detect(picture).as_numpy("boxes").tolist() for _ in range(ones)]
    wait_until(lambda: sum(server.counted("engine_run_count", "yolov8n", one) for one in both) == ones)
    assert server.counted("engine_run_count", "yolov8n", "detect_alone") > ones / 2
    with_company = server.runs()
    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = pool.map(lambda _: server.detect(picture).as_numpy("boxes").tolist(), range(many))
        assert list(answers) == alone[:1] * many
    wait_until(lambda: sum(server.counted("engine_run_count", "yolov8n", one) for one in both) == ones + many)
    assert server.runs() > with_company


def test_the_engine_can_still_be_asked_and_says_the_same(quick: ColourTriton) -> None:
    images = triton.InferInput("images", [1, 32, 64, 3], "UINT8")
    images.set_data_from_numpy(np.full((1, 32, 64, 3), (7, 8, 9), np.uint8))
    answer = quick.client.infer("yolov8n", [images], client_timeout=PATIENCE).as_numpy("candidates")
    assert answer.tolist() == [[[7, 8, 9, 9, 1, 0]]]
    # Counted a moment after the answer; more would be the pipeline's.
    wait_until(lambda: quick.counted("nv_inference_request_success", "yolov8n") == 1)


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
    server = ColourTriton(serve(repository))
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
    server = ColourTriton(serve(repository))
    assert "this server has no onnxruntime for Python models" in server.process.printed()
    assert len(server.detect(BAD).as_numpy("boxes")) == 1
    wait_until(lambda: server.counted("nv_inference_request_success", "yolov8n") == 1)


def test_threads_that_a_picture_has_anyway_take_no_second_engine(serve: Launch, tmp_path: Path) -> None:
    repository = write_repository(tmp_path / "models")
    for name, value in {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "2", "engine.alone": "2"}.items():
        set_parameter(repository, name, value)
    server = ColourTriton(serve(repository))
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
        ("openvino", "engine.alone", "all", "'engine.alone' to be a non-negative number"),
        ("openvino", "engine.shapes", "480*640", "'engine.shapes' to be shapes"),
        ("openvino", "NUM_STREAMS", str(MOST_STREAMS_WITH_SHAPES + 1), f"at most {MOST_STREAMS_WITH_SHAPES} streams"),
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
