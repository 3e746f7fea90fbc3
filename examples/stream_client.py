"""Stream a webcam, a video or a folder of pictures, and print what is found.

    python examples/stream_client.py --camera 0
    python examples/stream_client.py --video street.mp4 --query 'task=detect&confidence=0.4' --output annotated.mp4

Needs `opencv-python-headless` and `websockets`. However slow the server is, it looks at the newest frame.
"""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add, add_source = parser.add_argument, parser.add_mutually_exclusive_group(required=True).add_argument
    add_source("--camera", type=int, help="number of a webcam")
    add_source("--video", type=Path, help="a video file")
    add_source("--folder", type=Path, help="a folder of pictures, sent as they are")
    add("--url", default="ws://127.0.0.1:8080/v1/stream")
    add("--query", default="task=detect", help="the task and its parameters")
    add("--key", help="an API key, where one is asked for")
    add("--fps", type=float, default=25, help="frames sent a second, at most")
    add("--output", type=Path, help="an .mp4 to write, with what was found drawn in")
    return parser.parse_args()


def frames(options: argparse.Namespace) -> Iterator[bytes]:
    if options.folder:
        yield from (file.read_bytes() for file in sorted(options.folder.iterdir()))
        return
    capture = cv2.VideoCapture(str(options.video) if options.video else options.camera)
    while (read := capture.read())[0]:
        yield cv2.imencode(".jpg", read[1], [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


class Report:
    def __init__(self, output: Path | None, fps: float) -> None:
        self.output, self.fps = output, fps
        self.video: cv2.VideoWriter | None = None
        self.latencies: list[float] = []
        self.dropped, self.started = 0, time.perf_counter()

    def add(self, answer: dict[str, Any]) -> None:
        if "error" in answer:
            print(f"frame {answer['frame']}: {answer['error']['detail']} {answer['error']['hint']}")
            return
        self.latencies.append(answer["latency_ms"])
        found = answer["result"].get("detections") or answer["result"].get("classifications", [])
        labels = ", ".join(f"{one['label']} {one['confidence']:.2f}" for one in found[:5])
        print(f"frame {answer['frame']}: {answer['latency_ms']:.0f} ms, {answer['dropped']} dropped: {labels or '-'}")

    def write(self, picture: bytes, times: int) -> None:
        """Write an annotated picture, also in place of those before it that were dropped."""
        pixels = np.asarray(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR))
        size = (pixels.shape[1], pixels.shape[0])
        self.video = self.video or cv2.VideoWriter(str(self.output), cv2.VideoWriter.fourcc(*"mp4v"), self.fps, size)
        for _ in range(times):
            self.video.write(pixels)

    def end(self) -> None:
        answers, seconds = len(self.latencies), time.perf_counter() - self.started
        median = np.median(self.latencies or [0])
        print(f"{answers} answers, {answers / seconds:.1f}/s, median {median:.0f} ms, {self.dropped} dropped")
        if self.video:
            self.video.release()


async def converse(client: ClientConnection, source: Iterator[bytes], reading: Executor, report: Report) -> None:
    """End when the source is empty and its last frame answered, as the last one always is."""
    answered, last, dropped = -1, -2, report.dropped

    async def send() -> None:
        nonlocal last
        number, began = 0, time.perf_counter()
        with suppress(ConnectionClosed):  # which ends the listening below as well
            while frame := await asyncio.get_running_loop().run_in_executor(reading, next, source, b""):
                await client.send(frame)
                number += 1
                await asyncio.sleep(began + number / report.fps - time.perf_counter())
            last = number - 1
            if answered == last:
                await client.close()

    sending = asyncio.create_task(send())
    try:
        async for message in client:
            answer = json.loads(message)
            report.add(answer)
            report.dropped = dropped + answer["dropped"]
            if report.output and "result" in answer:  # then the annotated picture is the next message
                report.write(await client.recv(decode=False), answer["frame"] - answered)
            if (answered := answer["frame"]) == last:
                await client.close()
    finally:
        sending.cancel()


async def main() -> None:
    options = arguments()
    report, source = Report(options.output, options.fps), frames(options)
    address = f"{options.url}?{options.query}" + ("&annotate=true" if options.output else "")
    headers = {"x-api-key": options.key} if options.key else {}
    try:
        # Connects again, at growing intervals, as long as the server is away or has no room.
        async for client in connect(address, additional_headers=headers, compression=None):
            with ThreadPoolExecutor(1) as reading, suppress(ConnectionClosed):
                return await converse(client, source, reading, report)
    except InvalidStatus as refused:
        print(refused.response.body.decode())
    finally:
        report.end()


if __name__ == "__main__":
    asyncio.run(main())
