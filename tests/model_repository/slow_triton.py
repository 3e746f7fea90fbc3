"""A real Triton with the pipeline `detect` and an engine that is slow or failing at will; both can be held up."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import tritonclient.grpc as triton

from tests.embedded.servers import EmbeddedProcess
from tests.model_repository.slow_repository import held, write_repository
from tests.triton_metrics import metrics
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

PLACES = 2
"""In the engine's queue: as many as can ask at a time, for Triton counts who is on the way to a free instance, too."""
REASONS = ("CANCELED", "REJECTED", "BACKEND", "OTHER")


class SlowTriton:
    """Triton; `runs` are those of its engine since the last look."""

    def __init__(self, process: EmbeddedProcess, repository: Path) -> None:
        self.process = process
        self.client = triton.InferenceServerClient(f"127.0.0.1:{process.grpc_port}")
        self._repository = repository
        self._file = repository / "yolov8n/runs.jsonl"
        self._seen = 0

    def runs(self) -> list[dict[str, Any]]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        new, self._seen = lines[self._seen :], len(lines)
        return [json.loads(line) for line in new]

    def held(self, model: str) -> AbstractContextManager[None]:
        """Hold up the pipeline, which then decodes nothing, or the engine."""
        return held(self._repository, model)

    def occupy(self, places: int = 0) -> None:
        """Let the engine's one instance work, which is held, and wait until it does; and take places in its queue."""
        self.runs()  # those of before are not the one that is waited for
        self._ask_the_engine()
        wait_until(self.runs)
        for _ in range(places):
            self._ask_the_engine()
        wait_until(lambda: self.waiting("yolov8n") == places)

    def waiting(self, model: str) -> float:
        return self._counted("nv_inference_pending_request_count", model)

    def cancelled(self) -> float:
        """Count the requests that were taken out of the queue of the pipeline because their clients had left."""
        return self._counted("nv_inference_request_failure", "detect", "CANCELED")

    def noticed(self) -> int:
        """Count the cancellations that Triton knows of; it acts on them when an instance gets free."""
        return self.process.printed().count("Issuing cancellation")

    def ended(self) -> float:
        failed = sum(self._counted("nv_inference_request_failure", "detect", reason) for reason in REASONS)
        return self._counted("nv_inference_request_success", "detect") + failed

    def story(self) -> str:
        """Tell how far the requests have come."""
        counts = {
            "waiting for the pipeline": self.waiting("detect"),
            "waiting for the engine": self.waiting("yolov8n"),
            "cancellations noticed": self.noticed(),
            "ended": self.ended(),
        }
        return ", ".join(f"{count:g} {what}" for what, count in counts.items())

    def _ask_the_engine(self) -> None:
        images = triton.InferInput("images", [1, 1, 1, 3], "UINT8")
        images.set_data_from_numpy(np.zeros((1, 1, 1, 3), np.uint8))
        self.client.async_infer("yolov8n", [images], lambda result, error: None)  # noqa: ARG005 - called with these names

    def _counted(self, *key: str) -> float:
        return metrics(self.process.metrics_port)[key]


@contextmanager
def running(folder: Path) -> Iterator[SlowTriton]:
    repository = write_repository(folder / "models")
    process = EmbeddedProcess(repository)
    try:
        process.wait_until_ready()
        server = SlowTriton(process, repository)
        server.client.update_log_settings({"log_verbose_level": 1})  # or cancellations could not be noticed here
        yield server
        server.client.close()
    finally:
        process.stop()
