"""Triton with a pipeline of `colour_engine`, asked over gRPC."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tritonclient.grpc as triton

from tests.model_repository.colour_engine import GOOD_HEIGHT
from tests.model_repository.pictures import encode
from tests.triton_metrics import metrics
from tests.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from tests.embedded.servers import EmbeddedProcess


class ColourTriton:
    """One server, and what it has counted."""

    def __init__(self, process: EmbeddedProcess) -> None:
        self.process = process
        self.client = triton.InferenceServerClient(f"127.0.0.1:{process.grpc_port}")

    def detect(self, picture: bytes, **options: Any) -> Any:
        return self.client.infer("detect", [image(picture)], client_timeout=PATIENCE, **options)

    def begin(self, picture: bytes, **options: Any) -> tuple[Any, Future[Any]]:
        """Send a request that can be cancelled."""
        answer: Future[Any] = Future()

        def arrived(result: Any, error: Any) -> None:
            answer.set_exception(error) if error else answer.set_result(result)

        return self.client.async_infer("detect", [image(picture)], arrived, **options), answer

    def counted(self, *key: str) -> float:
        return metrics(self.process.metrics_port)[key]

    def runs(self) -> float:
        return self.counted("engine_run_count", "yolov8n", "detect")

    def runs_until_now(self) -> float:
        """Let a run fail, which is told at the earliest with all before it, and return how many those are."""
        failures = self.counted("engine_run_failure_count", "yolov8n", "detect")
        with pytest.raises(triton.InferenceServerException):
            self.detect(BAD)
        wait_until(lambda: self.counted("engine_run_failure_count", "yolov8n", "detect") == failures + 1)
        return self.runs() - 1

    def waiting(self) -> float:
        return self.counted("pipeline_pending_request_count", "detect")


def image(picture: bytes) -> triton.InferInput:
    tensor = triton.InferInput("image", [1], "BYTES")
    tensor.set_data_from_numpy(np.array([picture], dtype=object))
    return tensor


def painted(colour: tuple[int, int, int], height: int = 64, width: int = 64) -> bytes:
    return encode(np.full((height, width, 3), colour, np.uint8))


GOOD = painted((200, 200, 90), GOOD_HEIGHT, 640)
BAD = painted((200, 200, 90))
