"""The example client when things do not go smoothly."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from gateway.settings import Settings
from tests.gateway import gateways
from tests.gateway.pictures import encoded
from tests.waiting import STARTING

pytestmark = pytest.mark.anyio
CLIENT = Path(__file__).parents[3] / "examples/stream_client.py"


async def started(port: int, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(CLIENT), f"--url=ws://127.0.0.1:{port}/v1/stream", *arguments),
        stdout=asyncio.subprocess.PIPE,
        # The library begins with seconds, which suits a service, not a test.
        env={**os.environ, "WEBSOCKETS_BACKOFF_INITIAL_DELAY": "0.2"},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(40):
        picture = b"not a picture" if number == 3 else encoded()
        (tmp_path / f"{number:02}.jpg").write_bytes(picture)
    return tmp_path


async def test_it_goes_on_with_a_server_that_was_restarted(gateway_settings: Settings, folder: Path) -> None:
    async with gateways.listening(gateway_settings) as (_, port):
        client = await started(port, f"--folder={folder}", "--fps=20")
        assert client.stdout is not None
        said = [await client.stdout.readline() for _ in range(5)]
    async with gateways.listening(gateway_settings, port):
        rest, _ = await asyncio.wait_for(client.communicate(), STARTING)
    text = (b"".join(said) + rest).decode()
    assert client.returncode == 0
    assert "frame 3: The content is not a JPEG" in text
    assert text.count("frame 0: ") == 2  # of the second connection too
    assert int(text.splitlines()[-1].split(" answers")[0]) > 20


async def test_a_source_without_pictures_ends(gateway_settings: Settings, tmp_path: Path) -> None:
    async with gateways.listening(gateway_settings) as (_, port):
        client = await started(port, f"--folder={tmp_path}")
        said, _ = await asyncio.wait_for(client.communicate(), STARTING)
    assert (client.returncode, said.decode()[:10]) == (0, "0 answers,")
