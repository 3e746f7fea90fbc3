from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.embedded.servers import DYING, alive
from tests.embedded.tiny import write_engine
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded.conftest import Launch


@pytest.fixture
def tiny_repository(tmp_path: Path) -> Path:
    write_engine(tmp_path / "models", "sums", "onnxruntime")
    return tmp_path / "models"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_its_steps(serve: Launch, tiny_repository: Path, number: signal.Signals) -> None:
    server = serve(tiny_repository)
    children = server.descendants()
    assert "tritonserver" in {child.name() for child in children}
    assert len(children) > 1
    server.process.send_signal(number)
    assert server.process.wait(STARTING) == 0
    wait_until(lambda: not alive(children), seconds=DYING)


def test_nothing_outlives_a_killed_launcher(serve: Launch, tiny_repository: Path) -> None:
    server = serve(tiny_repository)
    children = server.descendants()
    server.process.kill()
    wait_until(lambda: not alive(children))


def test_the_end_of_the_server_is_the_end_of_the_launcher(serve: Launch, tiny_repository: Path) -> None:
    server = serve(tiny_repository)
    children = server.descendants()
    next(child for child in children if child.name() == "tritonserver").send_signal(signal.SIGKILL)
    assert server.process.wait(STARTING) != 0
    wait_until(lambda: not alive(children))


def test_a_taken_port_is_named(launch: Launch, tiny_repository: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        server = launch(tiny_repository, f"--http-port={port}")
        assert f"port {port} on 127.0.0.1 is taken" in server.last_line()
    assert server.process.returncode == 1


def test_a_broken_model_is_named_with_the_reason(launch: Launch, tiny_repository: Path) -> None:
    broken = write_engine(tiny_repository, "broken", "onnxruntime")
    (broken / "1/model.onnx").write_bytes(b"not a model")
    server = launch(tiny_repository)
    line = server.last_line()
    assert line.startswith("embedded: model broken failed to load: ")
    assert "Protobuf" in line
    assert "sums" not in line
    assert server.process.returncode == 1


def test_a_missing_wheel_is_named(launch: Launch, tiny_repository: Path) -> None:
    server = launch(tiny_repository, python=ROOT / ".venv/dev/bin/python")
    assert "install requirements/triton.txt" in server.last_line()
    assert server.process.returncode == 1


def test_a_missing_repository_is_named(launch: Launch, tmp_path: Path) -> None:
    server = launch(tmp_path / "nowhere")
    assert "nowhere" in server.last_line()
    assert server.process.returncode == 1


def test_it_listens_on_loopback_only(serve: Launch, tiny_repository: Path) -> None:
    server = serve(tiny_repository)
    triton = next(child for child in server.descendants() if child.name() == "tritonserver")
    listening = [c.laddr for c in triton.net_connections() if c.status == psutil.CONN_LISTEN]
    assert {address.port for address in listening} == {server.http_port, server.grpc_port, server.metrics_port}
    assert {address.ip.removeprefix("::ffff:") for address in listening} == {"127.0.0.1"}
