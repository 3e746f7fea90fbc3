"""The Python-based engine backends, inside a real Triton server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tritonclient.grpc as triton

from tests.embedded.tiny import write_engine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded.conftest import Launch

BATCHING = "dynamic_batching { preferred_batch_size: [ 4 ] max_queue_delay_microseconds: 200000 }"


@pytest.fixture(scope="module")
def client(serve: Launch, tmp_path_factory: pytest.TempPathFactory) -> Any:
    repository = tmp_path_factory.mktemp("backends") / "models"
    for backend in ("openvino", "onnxruntime"):
        write_engine(repository, backend, backend, BATCHING)
    return triton.InferenceServerClient(f"127.0.0.1:{serve(repository).grpc_port}")


def infer(client: Any, model: str, images: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    tensor = triton.InferInput("images", list(images.shape), "UINT8")
    tensor.set_data_from_numpy(images)
    sums: np.ndarray[Any, Any] = client.infer(model, [tensor], client_timeout=30).as_numpy("sums")
    return sums


@pytest.mark.parametrize("model", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("shape", [(1, 4, 3), (8, 4, 3), (2, 100, 3)])
def test_batches_and_shapes(client: Any, model: str, shape: tuple[int, ...]) -> None:
    images = np.random.default_rng(0).integers(0, 255, shape, np.uint8)
    np.testing.assert_array_equal(infer(client, model, images), images.sum(axis=1).astype(np.float32))


@pytest.mark.parametrize("model", ["openvino", "onnxruntime"])
def test_requests_of_a_formed_batch_get_their_own_answers(client: Any, model: str) -> None:
    def one(value: int) -> np.ndarray[Any, Any]:
        return infer(client, model, np.full((1, 5, 3), value, np.uint8))

    before = executions(client, model)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(one, range(4)))
    np.testing.assert_array_equal(np.concatenate(answers), [[5 * value] * 3 for value in range(4)])
    assert executions(client, model) - before < 4, "Triton formed no batch: the test tested nothing"


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
