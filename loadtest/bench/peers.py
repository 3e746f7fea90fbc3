"""How the peers are started, each in its environment with its threads set for the cores of this machine."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from loadtest.bench import servers
from loadtest.bench.systems import Endpoint, Host

if TYPE_CHECKING:
    from loadtest.bench.systems import Models, Task

ENVIRONMENTS = Path(".venv")


def detection_peers(models: Models) -> list[Host]:
    """Return what people write around YOLOv8n."""
    model, cores = str(models.peers / "yolov8n/1/model.onnx"), str(models.cores)
    by_hand = {"PEER_MODEL": model, "PEER_CONCURRENCY": cores}
    # A process of one thread per core; other divisions have not been compared.
    torch = {"PEER_MODEL": str(models.checkpoint), "PEER_THREADS": "1", "OMP_NUM_THREADS": "1"}
    batching = {"PEER_MODEL": model, "PEER_PROCESSES": cores, "PEER_BATCH": "8"}
    onnx = uvicorn("peers", "fastapi_onnx")
    ultralytics = uvicorn("peers-ultralytics", "fastapi_ultralytics", "--workers", cores)
    litserve = [python("peers"), "-m", "loadtest.peers.litserve_onnx", "PORT"]
    square = _detector("onnx-square", "FastAPI + ONNX Runtime, square", square=True)
    rectangle = _detector("onnx-rectangle", "FastAPI + ONNX Runtime, minimal rectangle")
    predict = _detector("ultralytics", "FastAPI + ultralytics predict")
    batches = _detector("litserve", "LitServe + ONNX Runtime, batches of squares", square=True)
    return [
        _host(models, square, onnx, by_hand | {"PEER_SHAPE": "square"}),
        _host(models, rectangle, onnx, by_hand | {"PEER_SHAPE": "rectangle"}),
        _host(models, predict, ultralytics, torch),
        _host(models, batches, litserve, batching),
    ]


def classification_peers(models: Models) -> list[Host]:
    """Return what people write around ResNet50."""
    by_hand = {"PEER_MODEL": str(models.peers / "resnet50/1/model.onnx"), "PEER_CONCURRENCY": str(models.cores)}
    command = uvicorn("peers", "fastapi_classify")
    return [
        _host(models, _endpoint(name, title, "classify"), command, by_hand | {"PEER_ENGINE": engine})
        for name, engine, title in (
            ("resnet50-onnxruntime", "onnxruntime", "FastAPI + ONNX Runtime"),
            ("resnet50-openvino", "openvino", "FastAPI + OpenVINO, f32"),
        )
    ]


def uvicorn(environment: str, module: str, *options: str) -> list[str]:
    """Return the command line of a FastAPI peer."""
    application = f"loadtest.peers.{module}:create_app"
    quiet = ["--no-access-log", "--log-level", "warning"]
    return [python(environment), "-m", "uvicorn", application, "--factory", "--port", "PORT", *quiet, *options]


def python(environment: str) -> str:
    return str(ENVIRONMENTS / environment / "bin/python")


def _detector(name: str, title: str, *, square: bool = False) -> Endpoint:
    return _endpoint(name, title, "detect", square=square)


def _endpoint(name: str, title: str, task: Task, *, square: bool = False) -> Endpoint:
    return Endpoint(name, title, task, "http", "/predict", square=square)


def _host(models: Models, endpoint: Endpoint, command: list[str], environment: dict[str, str]) -> Host:
    log = models.folder / f"logs/{endpoint.name}.log"
    return Host(endpoint.name, partial(servers.program, command, environment, log), (endpoint,))
