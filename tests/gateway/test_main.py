"""`python -m gateway` as it is started: a process of its own, no Triton."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.conftest import free_ports
from tests.waiting import PATIENCE, STARTING, wait_until

ROOT = Path(__file__).parents[2]


@contextmanager
def running(log: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    (port,) = free_ports(1)
    environment = {**os.environ, "GATEWAY_PORT": str(port), "GATEWAY_TRITON_URL": "127.0.0.1:1", **variables}
    with (
        log.open("wb") as output,
        subprocess.Popen([sys.executable, "-m", "gateway"], cwd=ROOT, env=environment, stderr=output) as process,
    ):
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(("sent", "codes"), [(signal.SIGTERM, (0, -15)), (signal.SIGINT, (0, -2))])
def test_it_starts_without_triton_and_stops_when_told(tmp_path: Path, sent: signal.Signals, codes: object) -> None:
    log = tmp_path / "log"
    with running(log) as (process, url):
        wait_until(lambda: alive(url), log.read_text, STARTING)
        assert httpx.get(f"{url}/readyz").status_code == 503
        process.send_signal(sent)
        assert process.wait(PATIENCE) in codes  # type: ignore[operator]
    text = log.read_text()
    assert "Traceback" not in text
    assert text.count("/readyz") == text.count("GET /readyz 503") == 1
    assert "catalogue not renewed" in text


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, set()),
        ({"GATEWAY_REDIS_URL": "redis://127.0.0.1:1/0"}, {"redis", "cryptography"}),
        (
            {"GATEWAY_JWT_JWKS": __file__, "GATEWAY_JWT_ISSUER": "https://issuer", "GATEWAY_JWT_AUDIENCE": "us"},
            {"jwt", "cryptography"},
        ),
    ],
)
def test_what_is_not_configured_takes_no_memory(tmp_path: Path, variables: dict[str, str], expected: set[str]) -> None:
    log = tmp_path / "log"
    with running(log, PYTHONPROFILEIMPORTTIME="1", **variables) as (_, url):
        wait_until(lambda: alive(url), log.read_text, STARTING)
    imported = {line.rpartition("|")[2].strip() for line in log.read_text().splitlines() if "import time:" in line}
    assert "fastapi" in imported
    assert imported & {"redis", "jwt", "cryptography"} == expected
