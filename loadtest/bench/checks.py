"""What is checked before a system is timed: that it gives the answers of the pipeline, and how right they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtest.bench.accuracy import labelled_boxes, mean_average_precision, top_1
from loadtest.bench.agreement import agreement
from loadtest.bench.errors import DisagreementError
from loadtest.bench.serving import answers
from loadtest.bench.systems import ENGINES, InProcess
from loadtest.bench.working import worker_answers

if TYPE_CHECKING:
    from loadtest.bench.options import Options
    from loadtest.bench.results import Results
    from loadtest.bench.systems import Endpoint, Models, Precision, Running, Task

# Shares of certain boxes, or of best classes. BF16 and INT8 have eight bits of precision.
LEAST_AGREEMENT: dict[Precision, float] = {"f32": 0.99, "bf16": 0.8, "int8": 0.8}


class Checks:
    """Compares with the pipeline in FP32, in the same shape of picture; and with labels, where there are any."""

    def __init__(self, options: Options, models: Models, pictures: list[str], results: Results) -> None:
        self._options, self._models, self._pictures, self._results = options, models, pictures, results
        self._boxes: dict[str, list[dict[str, Any]]] = {}
        self._references: dict[tuple[Task, bool], list[dict[str, Any]]] = {}

    def check(self, endpoint: Endpoint, running: Running) -> None:
        """Ask for every picture; `DisagreementError` when the answers are not the same."""
        found = answers(endpoint, running, self._pictures)
        same = agreement(endpoint.task, found, self._reference(endpoint.task, square=endpoint.square))
        # What the table tells: how far it agrees with the gateway, which takes rectangles.
        self._results.agreement[endpoint.name] = agreement(
            endpoint.task, found, self._reference(endpoint.task, square=False)
        )
        # Untrained networks find all classes nearly equal: rounding decides which comes first.
        if same < LEAST_AGREEMENT[endpoint.precision] and not self._untrained(endpoint.task):
            raise DisagreementError(f"{endpoint.name} gives other answers: only {same:.1%} agree with the pipeline")
        if endpoint.name.partition("-")[2].startswith("gateway"):
            self._ask_labelled(endpoint, running)

    def evaluate(self) -> None:
        """Compute the accuracy of the boxes that were found; the last thing of a run."""
        for name, rows in self._boxes.items():
            assert self._options.labels  # noqa: S101 - there are no boxes without them
            self._results.accuracy[name] = mean_average_precision(rows, self._options.labels)

    def _untrained(self, task: Task) -> bool:
        config = self._models.peers / ENGINES[task] / "config.pbtxt"
        return '"untrained"' in config.read_text("utf-8")

    def _ask_labelled(self, endpoint: Endpoint, running: Running) -> None:
        options = self._options
        if endpoint.task == "detect" and options.labels:
            self._boxes[endpoint.name] = labelled_boxes(endpoint, running, options.images, options.labels)
        elif endpoint.task == "classify" and options.class_labels:
            self._results.accuracy[endpoint.name] = top_1(endpoint, running, options.class_labels)

    def _reference(self, task: Task, *, square: bool) -> list[dict[str, Any]]:
        if (task, square) not in self._references:
            models = self._models
            pipeline = InProcess("", "", task, "pipeline", models.peers, 1, models.cores, square=square)
            self._references[task, square] = worker_answers(pipeline, self._pictures)
        return self._references[task, square]
