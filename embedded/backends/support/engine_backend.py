"""What the engine backends share: a model file, named tensors, and one engine call per Triton batch.

Lies beside `triton_python_backend_utils` in the assembled backends, where every Python model finds it.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crew import Crew
from engine_batch import Array, Batch
from periodic import Periodic
from run_times import RunTimes

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class EngineModel(ABC):
    """One model instance, in a process of its own, which may have several runs under way.

    Parameter: LOAD_ON_FIRST_REQUEST, YES for an engine that is seldom asked: it takes no memory and no time before.
    """

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
        path = Path(args["model_repository"]) / args["model_version"] / file
        self._crew: Crew | None = None
        self._load: Callable[[], None] | None = partial(self._load_now, path, config, args["model_name"])
        if string_parameters(config).get("LOAD_ON_FIRST_REQUEST", "NO").upper() != "YES":
            self._load_once()

    def execute(self, requests: list[Any]) -> list[Any] | None:
        """Answer the requests of one Triton batch with one engine call: Triton batches equal shapes only."""
        batch = Batch(requests, self.inputs, self.outputs)
        try:
            self._load_once()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to be told
            return batch.failures(f"the engine cannot be loaded: {error}")
        if self._crew is None:
            with self.running(batch.arrays) as outputs:
                return batch.responses(outputs)
        batch.answer_later()
        self._crew.begin(partial(self._run, batch))
        self._crew.wait_for_idle()
        return None

    def finalize(self) -> None:
        if self._crew:
            self._reports.end()
            self._crew.shutdown()

    def _load_once(self) -> None:
        if self._load:
            self._load()
            self._load = None

    def _load_now(self, path: Path, config: dict[str, Any], name: str) -> None:
        if (runs := self.load(path, config)) > 1:
            self._crew, self._times = Crew(runs), RunTimes(name, name)
            self._reports = Periodic(self._times.report)

    def _run(self, batch: Batch) -> None:
        try:
            with self._times.counted(), self.running(batch.arrays) as outputs:
                batch.send(batch.responses(outputs))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait have to be told
            batch.send(batch.failures(str(error)))


def string_parameters(config: dict[str, Any]) -> dict[str, str]:
    """Return the `parameters` of a model configuration as plain strings."""
    return {key: value["string_value"] for key, value in config.get("parameters", {}).items()}
