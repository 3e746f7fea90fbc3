"""`python -m stack`, as `make up` runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from tests.conftest import free_ports
from tests.embedded.servers import DYING, alive
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Up:
    """The command in the foreground of somebody else's terminal."""

    def __init__(self, repository: Path, output: Path, **ports: int) -> None:
        names = ("TRITON_HTTP_PORT", "TRITON_GRPC_PORT", "TRITON_METRICS_PORT", "GATEWAY_PORT")
        # The page costs seconds of every start: only the test that is about it has it.
        chosen: dict[str, int | str] = {"UI_PORT": "off", **dict(zip(names, free_ports(4), strict=True)), **ports}
        self.url = f"http://127.0.0.1:{chosen['GATEWAY_PORT']}"
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stack"],
                cwd=ROOT,
                env={**os.environ, "MODEL_REPOSITORY": str(repository)} | {k: str(v) for k, v in chosen.items()},
                stdout=file,
                stderr=file,
                # As a script's shell does with what it starts in the background.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509 - no threads here
            )

    def printed(self) -> str:
        return self._output.read_text()

    def wait_until_ready(self) -> None:
        wait_until(self._is_ready, self.printed, STARTING)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.printed()
        return "stop with Ctrl-C" in self.printed()

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def up(repository: Path, tmp_path: Path) -> Iterator[Up]:
    running = Up(repository, tmp_path / "output")
    yield running
    if running.process.poll() is None:
        running.process.terminate()
    running.process.wait(60)


def expect_end(family: list[psutil.Process], seconds: float = DYING) -> None:
    wait_until(lambda: not alive(family), lambda: f"still there: {alive(family)}", seconds)


def test_it_says_where_everything_is_and_warns_of_untrained_weights(up: Up) -> None:
    up.wait_until_ready()
    wait_until(lambda: "UNTRAINED" in up.printed(), up.printed)
    printed = up.printed()
    assert f"{up.url}/docs" in printed
    assert "curl -F file=@.venv/export" in printed
    assert "UNTRAINED WEIGHTS: classify, detect" in printed
    assert httpx.get(f"{up.url}/readyz").status_code == 200


def test_the_page_is_served_with_the_rest_and_ends_with_it(repository: Path, tmp_path: Path) -> None:
    port = free_ports(1)[0]
    running = Up(repository, tmp_path / "output", UI_PORT=port)
    try:
        running.wait_until_ready()
        assert f"http://127.0.0.1:{port} " in running.printed()
        assert "triton-vision" in httpx.get(f"http://127.0.0.1:{port}/").text
        family = running.family()
    finally:
        running.process.terminate()
        assert running.process.wait(60) == 0
    expect_end(family)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_no_process_behind(up: Up, number: signal.Signals) -> None:
    up.wait_until_ready()
    family = up.family()
    assert len(family) > 4
    up.process.send_signal(number)
    assert up.process.wait(60) == 0
    expect_end(family)
    assert up.printed().rstrip().endswith("stopped")


def test_a_kill_leaves_no_process_behind(up: Up) -> None:
    up.wait_until_ready()
    family = up.family()
    up.process.kill()
    expect_end(family, STARTING)


def test_the_end_of_a_part_is_the_end_of_all(up: Up) -> None:
    up.wait_until_ready()
    family = up.family()
    gateway = next(p for p in family if "gateway" in p.cmdline())
    gateway.kill()
    assert up.process.wait(60) == 1
    expect_end(family)
    assert "gateway ended" in up.printed()


def test_what_is_wrong_with_a_part_is_said(repository: Path, tmp_path: Path, up: Up) -> None:
    up.wait_until_ready()
    taken = int(up.url.rpartition(":")[2])
    second = Up(repository, tmp_path / "second", TRITON_HTTP_PORT=taken)
    assert second.process.wait(60) == 1
    assert f"port {taken} on 127.0.0.1 is taken" in second.printed()
    assert "triton ended" in second.printed()


def test_a_port_that_is_no_number_is_named() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "stack"],
        cwd=ROOT,
        env={**os.environ, "GATEWAY_PORT": "http"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert result.stderr.strip() == "stack: GATEWAY_PORT must be a port number, it is 'http'"
