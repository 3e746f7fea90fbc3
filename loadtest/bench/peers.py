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
    cores = str(models.cores)
    usual = {"PEER_MODEL": str(models.usual)}
    ours = {"PEER_MODEL": str(models.peers / "yolov8n/1/model.onnx"), "PEER_GRAPH": "ours"}
    by_hand, batching = {"PEER_CONCURRENCY": cores}, {"PEER_PROCESSES": cores, "PEER_BATCH": "8"}
    onnx = uvicorn("peers", "fastapi_onnx")
    litserve = [python("peers"), "-m", "loadtest.peers.litserve_onnx", "PORT"]
    hosts = [
        _host(models, _detector("litserve", "LitServe + ONNX Runtime, batches of squares", square=True),
              litserve, usual | batching)
    ]  # fmt: skip
    for graph, parameters, words in (("", usual, ""), ("-ours", ours, ", this project's graph")):
        square = _detector(f"onnx-square{graph}", f"FastAPI + ONNX Runtime, square{words}", square=True)
        rectangle = _detector(f"onnx-rectangle{graph}", f"FastAPI + ONNX Runtime, minimal rectangle{words}")
        hosts.append(_host(models, square, onnx, parameters | by_hand | {"PEER_SHAPE": "square"}))
        hosts.append(_host(models, rectangle, onnx, parameters | by_hand | {"PEER_SHAPE": "rectangle"}))
    return [*hosts, *_ultralytics(models)]


def _ultralytics(models: Models) -> list[Host]:
    """Return a process as the documentation shows it, with all threads; and what helps: one of one thread per core."""
    cores, checkpoint = str(models.cores), {"PEER_MODEL": str(models.checkpoint)}
    one = _detector("ultralytics", "FastAPI + ultralytics predict, one process")
    many = _detector("ultralytics-per-core", "FastAPI + ultralytics predict, a process per core")
    command = uvicorn("peers-ultralytics", "fastapi_ultralytics")
    return [
        _host(models, one, command, checkpoint | {"PEER_THREADS": cores}),
        _host(models, many, [*command, "--workers", cores], checkpoint | {"PEER_THREADS": "1", "OMP_NUM_THREADS": "1"}),
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
