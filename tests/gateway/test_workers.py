"""Several workers: what they count adds up, whichever of them is asked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from gateway import exposition
from gateway.settings import Settings
from tests.conftest import free_ports
from tests.gateway.pictures import encoded
from tests.gateway.test_metrics import scraped
from tests.waiting import STARTING, until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]
REQUESTS = 40


@pytest.fixture
def pair(gateway_settings: Settings, tmp_path: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Return the address of two workers in front of the fake Triton, and their parent."""
    (port,) = free_ports(1)
    own = {"GATEWAY_PORT": str(port), "GATEWAY_WORKERS": "2", "GATEWAY_TRITON_URL": gateway_settings.triton_url}
    environment = {**os.environ, **own, "GATEWAY_LOG_FORMAT": "json", "TMPDIR": str(tmp_path)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "gateway"], cwd=ROOT, env=environment, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STARTING)
    assert "Traceback" not in (tmp_path / "log").read_text()
    assert not list(tmp_path.glob("gateway-metrics-*"))  # nothing is left behind


async def test_counts_add_up_and_the_dead_are_no_part_of_gauges(pair: tuple[str, psutil.Process]) -> None:
    url, parent = pair
    await _until_both_answer(url, parent)
    for _ in range(REQUESTS):
        async with httpx.AsyncClient(base_url=url) as client:  # a connection each, so that both get some
            assert (await client.post("/v1/detect", files={"file": encoded()})).status_code == 200
    async with httpx.AsyncClient(base_url=url) as one, httpx.AsyncClient(base_url=url) as other:
        for client in (one, other):
            await until(partial(nothing_else_is_in_flight, client))
            values = await scraped(client)
            assert values["gateway_requests_total{method=POST,route=/v1/detect,status=200}"] == REQUESTS
            assert values["gateway_stage_duration_seconds_count{stage=infer}"] == REQUESTS


async def nothing_else_is_in_flight(gateway: httpx.AsyncClient) -> bool:
    return (await scraped(gateway))["gateway_in_flight{}"] == 1


def _workers(parent: psutil.Process) -> list[psutil.Process]:
    return [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]


async def _until_both_answer(url: str, parent: psutil.Process) -> None:
    await until(lambda: _ready(url, parent), seconds=STARTING)


async def _ready(url: str, parent: psutil.Process) -> bool:
    if len(_workers(parent)) < 2:
        return False
    try:
        async with httpx.AsyncClient(base_url=url) as client:
            return (await client.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


def test_a_dead_worker_is_buried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(exposition.DIRECTORY, str(tmp_path))
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for name in (f"gauge_livesum_{gone.pid}.db", f"counter_{gone.pid}.db", f"gauge_livesum_{os.getpid()}.db"):
        (tmp_path / name).touch()
    exposition.bury()
    assert {path.name for path in tmp_path.iterdir()} == {f"counter_{gone.pid}.db", f"gauge_livesum_{os.getpid()}.db"}
