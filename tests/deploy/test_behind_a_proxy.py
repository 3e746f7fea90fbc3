"""The nginx configuration of docs/operations.md, run by a real nginx in front of the stack."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.conftest import free_ports
from tests.gateway.streams.talking import session, told
from tests.model_repository.pictures import encode, scene
from tests.repositories import ROOT
from tests.waiting import PATIENCE, STARTING, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.settings import Settings

HOST = "127.0.0.1"
PICTURE = encode(scene(240, 320), "JPEG")
AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{shown}
}}
"""


def shown(port: int, gateway: str) -> str:
    """Return what the document shows, without TLS and at other addresses."""
    block = re.search(r"```nginx\n(.*?)```", (ROOT / "docs/operations.md").read_text(), re.DOTALL)
    assert block
    return block[1].replace("listen 443 ssl", f"listen {HOST}:{port}").replace("gateway:8080", gateway)


@pytest.fixture(scope="module")
def port(stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if not program:
        pytest.fail("nginx is not installed: make nginx")
    folder, port = tmp_path_factory.mktemp("nginx"), free_ports(1)[0]
    config: Path = folder / "nginx.conf"
    config.write_text(AROUND.format(folder=folder, shown=shown(port, f"{stack.host}:{stack.gateway_port}")))
    log = folder / "log"
    with log.open("wb") as output:
        command: list[str | Path] = [program, "-c", config, "-p", folder, "-e", "stderr"]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: answers(port), log.read_text, STARTING)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{HOST}:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_a_picture_gets_through(port: int) -> None:
    answer = httpx.post(f"http://{HOST}:{port}/v1/detect", files={"file": PICTURE}, timeout=30)
    assert answer.status_code == 200


async def streamed(port: int, origin: str) -> dict[str, Any]:
    async with asyncio.timeout(20), session((HOST, port), origin=origin) as client:
        await client.send(PICTURE)
        return await told(client)


def test_a_stream_of_a_page_of_the_same_site_gets_through(port: int) -> None:
    assert "result" in asyncio.run(streamed(port, f"http://{HOST}:{port}"))


def test_a_page_of_another_site_does_not(port: int) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        asyncio.run(streamed(port, "https://elsewhere.example"))


def test_events_come_when_they_happen(port: int) -> None:
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=30) as client:
        job = client.post("/v1/jobs", data={"task": "detect"}, files={"file": PICTURE}).headers["location"]
        began = time.monotonic()
        with client.stream("GET", f"{job}/events") as events:
            data = [line.removeprefix("data: ") for line in events.iter_lines() if line.startswith("data: ")]
    assert json.loads(data[-1])["status"] == "completed"
    assert time.monotonic() - began < 20


def test_an_upload_that_the_gateway_takes_is_not_refused_before(port: int) -> None:
    large = PICTURE + bytes(19_000_000)  # what follows the end of a JPEG is not looked at
    answer = httpx.post(f"http://{HOST}:{port}/v1/detect", files={"file": large}, timeout=60)
    assert answer.status_code == 200


def test_one_that_it_does_not_take_is_refused_by_nginx(port: int) -> None:
    answer = httpx.post(f"http://{HOST}:{port}/v1/detect", files={"file": bytes(21_000_000)}, timeout=60)
    assert answer.status_code == 413
