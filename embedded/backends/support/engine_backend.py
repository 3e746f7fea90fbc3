"""What the engine backends share: a model file, named tensors, and one engine call per Triton batch.

Lies beside `triton_python_backend_utils` in the assembled backends, where every Python model finds it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Any

from engine_batch import Array, Batch
from run_times import RunTimes

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


class EngineModel(ABC):
    """One model instance, in a process of its own, which may have several runs under way."""

    default_filename: str

    @abstractmethod
    def load(self, path: Path, config: dict[str, Any]) -> int:
        """Load the model file and return how many runs may be under way at the same time.

        Raises ValueError, which names a configuration that this engine cannot honour.
        """

    @abstractmethod
    def running(self, inputs: list[Array]) -> AbstractContextManager[list[Array]]:
        """Run one batch and provide the outputs, valid inside the block; called from as many threads as runs.

        Arrays are in the order of the configuration's inputs and outputs.
        """

    def initialize(self, args: dict[str, str]) -> None:
        config: dict[str, Any] = json.loads(args["model_config"])
        self.inputs = [item["name"] for item in config["input"]]
        self.outputs = [item["name"] for item in config["output"]]
        file = config["default_model_filename"] or self.default_filename
        runs = self.load(Path(args["model_repository"]) / args["model_version"] / file, config)
        self._threads = ThreadPoolExecutor(runs) if runs > 1 else None
        if self._threads:
            self._room, self._times = Semaphore(runs), RunTimes(args["model_name"])

    def execute(self, requests: list[Any]) -> list[Any] | None:
        """Answer the requests of one Triton batch with one engine call: Triton batches equal shapes only."""
        batch = Batch(requests, self.inputs, self.outputs)
        if self._threads is None:
            with self.running(batch.arrays) as outputs:
                return batch.responses(outputs)
        batch.answer_later()
        self._room.acquire()
        self._threads.submit(self._run, batch)
        # Back to Triton only when another run can begin: what waits there can expire or be cancelled.
        with self._room:
            self._times.report()
            return None

    def finalize(self) -> None:
        if self._threads:
            self._threads.shutdown()

    def _run(self, batch: Batch) -> None:
        with self._times.counted():
            try:
                with self.running(batch.arrays) as outputs:
                    batch.send(batch.responses(outputs))
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to be told
                batch.send(batch.failures(str(error)))
            finally:
                self._room.release()


def string_parameters(config: dict[str, Any]) -> dict[str, str]:
    """Return the `parameters` of a model configuration as plain strings."""
    return {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
