"""The second port."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from gateway.settings import Settings
from tests.conftest import free_ports
from tests.gateway import gateways
from tests.gateway.access.keyfiles import add_key
from tests.waiting import STARTING, wait_until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[2]


async def test_metrics_are_there_and_only_there_and_need_no_key(
    gateway_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = tmp_path / "keys.toml"
    key = add_key(keys, capsys, "camera", "--scope", "infer", "--scope", "metrics")
    (port,) = free_ports(1)
    settings = gateway_settings.model_copy(update={"admin_port": port, "api_keys_file": keys})
    async with gateways.listening(settings) as (host, main), httpx.AsyncClient(headers={"x-api-key": key}) as client:
        assert (await client.get(f"http://{host}:{main}/v1/models")).status_code == 200
        assert (await client.get(f"http://{host}:{main}/metrics")).status_code == 404
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as anybody:
            metrics = await anybody.get("/metrics")
            assert (metrics.status_code, "gateway_requests" in metrics.text) == (200, True)  # the main port's
            assert 'route="/v1/models"' in metrics.text
            assert (await anybody.get("/healthz")).status_code == 200
            assert (await anybody.get("/v1/stats")).status_code == 200
            assert (await anybody.post("/v1/detect")).json()["type"] == "/problems/unknown-path"
            rebound = await anybody.get("/metrics", headers={"host": "evil.example"})
            assert rebound.json()["type"] == "/problems/untrusted-host"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as anybody:
        with pytest.raises(httpx.ConnectError):
            await anybody.get("/healthz")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_signals_still_stop_the_gateway(workers: str) -> None:
    main, admin = free_ports(2)
    settings = {"GATEWAY_PORT": str(main), "GATEWAY_ADMIN_PORT": str(admin), "GATEWAY_WORKERS": workers}
    settings["GATEWAY_SHUTDOWN_DELAY_SECONDS"] = "3"
    environment = {**os.environ, "TRITON_URL": "127.0.0.1:1", **settings}
    command = [sys.executable, "-m", "gateway"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            for port in (main, admin):
                until_alive(port)
            assert httpx.get(f"http://127.0.0.1:{admin}/metrics").status_code == 200
            process.send_signal(signal.SIGTERM)
            time.sleep(0.3)  # within the delay: metrics are there to the end
            assert httpx.get(f"http://127.0.0.1:{admin}/healthz").status_code == 200
            assert process.wait(STARTING) in (0, -15)
        finally:
            process.kill()
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def until_alive(port: int) -> None:
    def alive() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/healthz").is_success
        except httpx.TransportError:
            return False

    wait_until(alive, seconds=STARTING)
