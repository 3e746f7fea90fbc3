"""Streams from a client's video to a real Triton and back."""

import asyncio
import re
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.gateway.pictures import encoded
from tests.gateway.streams.talking import session, told

CLIENT = Path(__file__).parents[2] / "examples/stream_client.py"
FRAMES = 60


class Stack(Protocol):
    @property
    def host(self) -> str: ...

    @property
    def gateway_port(self) -> int: ...


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "moving.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, (640, 480))
    for number in range(FRAMES):
        picture = np.full((480, 640, 3), 90, np.uint8)
        cv2.circle(picture, (10 * number, 240), 60, (40, 160, 240), -1)
        writer.write(picture)
    writer.release()
    return path


def stream(stack: Stack, *arguments: str) -> str:
    url = f"ws://{stack.host}:{stack.gateway_port}/v1/stream"
    command = [sys.executable, str(CLIENT), "--url", url, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert not done.stderr
    return done.stdout


def test_the_example_streams_a_video_and_writes_what_was_found(stack: Stack, video: Path, tmp_path: Path) -> None:
    output = tmp_path / "annotated.mp4"
    said = stream(stack, f"--video={video}", "--fps=60", f"--output={output}")
    assert f"frame {FRAMES - 1}: " in said
    found = re.search(r"(\d+) answers, .* median (\d+) ms, (\d+) dropped", said)
    assert found
    assert int(found[1]) + int(found[3]) == FRAMES
    written = cv2.VideoCapture(str(output))
    size = [written.get(kind) for kind in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)]
    assert (size, written.get(cv2.CAP_PROP_FRAME_COUNT)) == ([640, 480], FRAMES)
    written.release()


def test_the_example_says_why_it_was_refused(stack: Stack, video: Path) -> None:
    assert "must be one of" in stream(stack, f"--video={video}", "--query=task=paint")


@pytest.mark.anyio
async def test_a_session_on_triton(stack: Stack) -> None:
    picture = encoded(size=(640, 480))
    async with session((stack.host, stack.gateway_port), "task=detect&confidence=0.001&max_detections=3") as client:
        await client.send(picture)
        assert len((await told(client))["result"]["detections"]) <= 3
        await client.send('{"task": "classify", "top_k": 2, "annotate": true}')
        assert (await told(client))["settings"]["top_k"] == 2
        await client.send(picture)
        assert len((await told(client))["result"]["classifications"]) == 2
        assert Image.open(BytesIO(await client.recv(decode=False))).size == (640, 480)
        await client.send(picture[: len(picture) // 2])
        assert (await told(client))["error"]["type"] == "/problems/corrupt-image"
        for _ in range(30):
            await client.send(picture)
            await asyncio.sleep(0.005)
        numbers: list[int] = []
        while 32 not in numbers[-1:]:
            numbers.append((await told(client))["frame"])
            await client.recv()
    assert numbers == sorted(numbers)
