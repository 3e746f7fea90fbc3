"""The Python-based engine backends, inside a real Triton server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tritonclient.grpc as triton

from tests.embedded.tiny import write_engine, write_fragile_engine, write_slow_engine
from tests.triton_metrics import metrics
from tests.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded.conftest import Launch

STREAMS = """
parameters { key: "NUM_STREAMS" value: { string_value: "2" } }
parameters { key: "INFERENCE_NUM_THREADS" value: { string_value: "2" } }
"""
# By name of the engine: its backend, and what its config says beyond that.
ENGINES = {"openvino": ("openvino", ""), "streams": ("openvino", STREAMS), "onnxruntime": ("onnxruntime", "")}
LATER = 'parameters { key: "LOAD_ON_FIRST_REQUEST" value: { string_value: "YES" } }'
# Four are run at once; fewer would wait for the fourth.
BATCHING = "dynamic_batching { preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 20000000 }"


@pytest.fixture(scope="module")
def client(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Any:
    repository = tmp_path_factory.mktemp("backends") / "models"
    for name, (backend, extra) in ENGINES.items():
        write_engine(repository, name, backend, extra)
        write_engine(repository, f"{name}_batching", backend, extra + BATCHING)
    write_fragile_engine(repository, "fragile", STREAMS)
    return triton.InferenceServerClient(f"127.0.0.1:{serve(repository).grpc_port}")


def infer(client: Any, model: str, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    tensor = triton.InferInput("images", list(images.shape), "UINT8")
    tensor.set_data_from_numpy(images)
    sums: np.ndarray[Any, Any] = client.infer(model, [tensor], client_timeout=30).as_numpy("sums")
    return sums


@pytest.mark.parametrize("model", ENGINES)
@pytest.mark.parametrize("shape", [(1, 4, 3), (8, 4, 3), (2, 100, 3)])
def test_batches_and_shapes(client: Any, model: str, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    np.testing.assert_array_equal(infer(client, model, images), images.sum(axis=1).astype(np.float32))


@pytest.mark.parametrize("model", [f"{name}_batching" for name in ENGINES])
def test_requests_of_a_formed_batch_get_their_own_answers(client: Any, model: str) -> None:
    def one(value: int) -> np.ndarray[Any, Any]:
        return infer(client, model, np.full((1, 5, 3), value, np.uint8))

    before = executions(client, model)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, range(4)))
    np.testing.assert_array_equal(np.concatenate(answers), [[5 * value] * 3 for value in range(4)])
    # Counted when the engine goes back to Triton, which may be after its answers.
    wait_until(lambda: executions(client, model) > before)
    assert executions(client, model) - before == 1, "Triton formed no batch: the test tested nothing"


def test_each_of_many_runs_side_by_side_answers_its_own_requests(client: Any) -> None:
    def one(number: int) -> bool:
        rows, value = 50 + number % 7, number % 251  # batches are of equal shapes: several are needed
        sums = infer(client, "streams", np.full((1, rows, 3), value, np.uint8))
        return bool((sums == rows * value).all())

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(one, range(1000)))


def test_as_many_runs_are_under_way_as_there_are_streams_and_the_others_wait_in_the_queue(
    serve: Launch, tmp_path: Path
) -> None:
    write_slow_engine(tmp_path / "models", "slow", STREAMS)
    process = serve(tmp_path / "models")
    connected = triton.InferenceServerClient(f"127.0.0.1:{process.grpc_port}")

    def seen() -> bool:
        """Ask five times at once; whoever looks may himself be held up until all is over."""
        answers = [pool.submit(infer, connected, "slow", np.ones((1, 1, 3), np.uint8)) for _ in range(5)]
        waiting = set()
        while not all(answer.done() for answer in answers):
            waiting.add(metrics(process.metrics_port)["nv_inference_pending_request_count", "slow"])
            time.sleep(0.01)
        assert all(answer.result().tolist() == [[1, 1, 1]] for answer in answers)
        return 3 in waiting

    with ThreadPoolExecutor(5) as pool:
        wait_until(seen)
    infer(connected, "slow", np.ones((1, 1, 3), np.uint8))  # tells the times of those before
    assert metrics(process.metrics_port)["engine_run_duration_us", "slow", "slow"] > 5 * 0.1 * 1e6


def test_a_run_that_fails_is_told_and_harms_no_other(client: Any) -> None:
    for _ in range(5):  # more than there are streams: none is lost
        with pytest.raises(triton.InferenceServerException, match="Reshape"):
            infer(client, "fragile", np.zeros((1, 3, 3), np.uint8))
    assert infer(client, "fragile", np.ones((1, 2, 3), np.uint8)).tolist() == [[2, 2, 2]]


def test_an_engine_can_wait_for_its_first_request(serve: Launch, tmp_path: Path) -> None:
    for name in ("asked", "broken"):
        write_engine(tmp_path / "models", name, "openvino", STREAMS + LATER)
    (tmp_path / "models/broken/1/model.onnx").write_bytes(b"no model")
    connected = triton.InferenceServerClient(f"127.0.0.1:{serve(tmp_path / 'models').grpc_port}")
    for _ in range(2):
        assert infer(connected, "asked", np.ones((1, 2, 3), np.uint8)).tolist() == [[2, 2, 2]]
        with pytest.raises(triton.InferenceServerException, match="the engine cannot be loaded") as refused:
            infer(connected, "broken", np.ones((1, 2, 3), np.uint8))
        assert "Traceback" not in str(refused.value)


def executions(client: Any, model: str) -> int:
    statistics = client.get_inference_statistics(model, as_json=True)
    return int(statistics["model_stats"][0].get("execution_count", 0))


@pytest.mark.parametrize(
    ("backend", "extra", "reason"),
    [
        ("openvino", 'parameters { key: "HINT_BF16" value: { string_value: "NO" } }', "'HINT_BF16' to be YES"),
        ("openvino", 'parameters { key: "NUM_STREAMS" value: { string_value: "many" } }', "'NUM_STREAMS' to be a"),
        (
            "openvino",
            'parameters { key: "FP32_CONVOLUTIONS" value: { string_value: "-1" } }',
            "'FP32_CONVOLUTIONS' to be",
        ),
        (
            "openvino",
            'parameters { key: "JIT_CONVOLUTIONS" value: { string_value: "all" } }',
            "'JIT_CONVOLUTIONS' to be",
        ),
        ("openvino", 'parameters { key: "PERFORMANCE_HINT" value: { string_value: "x" } }', "LATENCY or THROUGHPUT"),
        (
            "onnxruntime",
            'optimization { execution_accelerators { gpu_execution_accelerator [ { name: "tensorrt" } ] } }',
            "no execution accelerators",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused(
    launch: Launch, tmp_path: Path, backend: str, extra: str, reason: str
) -> None:
    write_engine(tmp_path / "models", "engine", backend, extra)
    line = launch(tmp_path / "models").last_line()
    assert "model engine failed to load" in line
    assert reason in line


@pytest.mark.parametrize(
    ("backend", "parameters"),
    [
        (
            "openvino",
            {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "1", "PERFORMANCE_HINT": "LATENCY", "HINT_BF16": "YES"},
        ),
        ("openvino", {"HINT_BF16": "YES", "FP32_CONVOLUTIONS": "1"}),
        ("openvino", {"JIT_CONVOLUTIONS": "128"}),
        ("onnxruntime", {"intra_op_thread_count": "1", "execution_mode": "1", "session.set_denormal_as_zero": "1"}),
    ],
)
def test_parameters_are_accepted(serve: Launch, tmp_path: Path, backend: str, parameters: dict[str, str]) -> None:
    extra = "\n".join(
        f'parameters {{ key: "{key}" value: {{ string_value: "{value}" }} }}' for key, value in parameters.items()
    )
    write_engine(tmp_path / "models", "engine", backend, extra)
    connected = triton.InferenceServerClient(f"127.0.0.1:{serve(tmp_path / 'models').grpc_port}")
    assert infer(connected, "engine", np.ones((1, 2, 3), np.uint8)).tolist() == [[2, 2, 2]]
