"""One tuning run: admit precisions, measure candidates, write the winner."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.console import Console
from export.errors import PrecisionError
from export.tuning.admission import Admission, Gate
from export.tuning.evidence import Served, write, write_if_changed
from export.tuning.graphs import Graphs
from export.tuning.guard import Guard
from export.tuning.live import LiveTriton
from export.tuning.measure import Measurement, measure
from export.tuning.precision import EXACT, LOWER, cpu_flags, families
from export.tuning.search import Goal, search
from export.tuning.space import Candidate, as_configured, backends, candidates


@dataclass(frozen=True)
class Pictures:
    """The files of the load, some of which calibrate INT8, and a digest of their names and contents."""

    files: Sequence[bytes]
    sha256: str


@dataclass(frozen=True)
class Load:
    """What is sent to a candidate: pictures in turn, from so many clients, for so many seconds, so many times."""

    pictures: Pictures
    clients: int
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Tuner:
    """Tunes one engine; nothing is written before the winner is known.

    `config` is the engine's before any tuning, `pipeline_config` that of the pipeline it works for; without a `guard`
    there is nothing but FP32, or the `precision` that the user wants.
    """

    engine: Path
    config: ModelConfig
    pipeline_config: ModelConfig
    live: LiveTriton
    load: Load
    guard: Guard | None
    precision: str | None
    graphs: Graphs
    console: Console

    def tune(self, goal: Goal) -> Candidate:
        """Return the winner, which has been written.

        Raises:
            PrecisionError: the precision the user wants does not fit the processor, or costs too much accuracy
            CalibrationError: the pictures are not fit for the INT8 the user wants
            TuningError: the engine is not there, Triton refuses a config, or the labels cannot be used
        """
        admission = self._admission()
        winner, results = self._winner(admission.precisions, goal)
        self._write(winner, self._evidence(winner, goal, results, admission))
        self.console.line(f"{self.engine.name}: {winner}, written; --restore goes back")
        return winner

    def _admission(self) -> Admission:
        guard = self.guard
        gate = Gate(partial(self._accuracy, guard), guard.allowed_drop, self.console) if guard else None
        if self.precision:
            self._check_processor(self.precision)
            return gate.insist(self.precision) if gate else Admission([self.precision])
        if gate is None:
            self.console.line("no --labels: nothing can be said about accuracy, precision stays FP32")
            return Admission([EXACT])
        return gate.admit(self._worth_trying())

    def _check_processor(self, precision: str) -> None:
        if precision not in {EXACT, *(name for family in families(cpu_flags()) for name in family)}:
            needed = " or ".join(sorted(LOWER[precision].flags))
            raise PrecisionError(f"this processor is not made for {precision}: that needs {needed}")

    def _worth_trying(self) -> list[list[str]]:
        """Return the processor's families, without INT8 where it cannot be calibrated."""
        found = families(cpu_flags())
        if self.graphs.can_calibrate():
            return found
        self.console.line("too few --images to calibrate INT8: it is not tried")
        return [family for family in found if not any(LOWER[name].scheme for name in family)]

    def _accuracy(self, guard: Guard, precision: str) -> float:
        self.graphs.graph(precision)  # has steps of its own to tell of
        with self.console.step(f"accuracy with {precision}"):
            backend = backends(precision, self.pipeline_config)[0]
            self._serve(Candidate(precision, os.cpu_count() or 1, 1, backend=backend))
            return guard.accuracy(self.live.answer)

    def _winner(self, precisions: Sequence[str], goal: Goal) -> tuple[Candidate, Mapping[Candidate, Measurement]]:
        if self.load.rounds:
            cores = os.cpu_count() or 1
            tried = chain.from_iterable(candidates(each, cores, self.pipeline_config) for each in precisions)
            return search(tried, goal, self._attempt, self.load.rounds, self.console)
        # Nothing is measured: but it is loaded, before anything is written.
        unmeasured = as_configured(precisions[-1], self.config, self.pipeline_config)
        self.graphs.graph(unmeasured.precision)
        with self.console.step(f"load {unmeasured}"):
            self._serve(unmeasured)
        return unmeasured, {}

    def _attempt(self, candidate: Candidate) -> Measurement:
        self._serve(candidate)
        return measure(self.live, self.load.pictures.files, self.load.clients, self.load.seconds)

    def _serve(self, candidate: Candidate) -> None:
        self.live.serve(candidate.apply(self.config, self.pipeline_config), self.graphs.files(candidate.precision))
        pipeline = candidate.apply_to_pipeline(self.pipeline_config)
        files = self.graphs.pipeline_files(self.engine.with_name(pipeline.name), candidate.precision)
        self.live.serve(pipeline, files)

    def _write(self, winner: Candidate, evidence: Mapping[str, object]) -> None:
        """Write the engine's config and the pipeline's so that a graph is there as long as one of them names it."""
        graph, pipeline = self.graphs.graph(winner.precision), winner.apply_to_pipeline(self.pipeline_config)
        writing = [
            partial(write, self.engine, Served(winner.apply(self.config, self.pipeline_config), graph), evidence),
            partial(write_if_changed, self.engine.with_name(pipeline.name), pipeline, {"follows": self.engine.name}),
        ]
        for one in writing if graph else reversed(writing):
            one()

    def _evidence(
        self, winner: Candidate, goal: Goal, results: Mapping[Candidate, Measurement], admission: Admission
    ) -> Mapping[str, object]:
        return {
            "winner": str(winner),
            "goal": "throughput" if goal.p99_ms is None else f"p99 <= {goal.p99_ms:g} ms",
            "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
            "load": {
                "pictures": len(self.load.pictures.files),
                "pictures_sha256": self.load.pictures.sha256,
                "clients": self.load.clients,
                "seconds": self.load.seconds,
            },
            "accuracy": dict(admission.accuracies),
            "allowed_drop": self.guard.allowed_drop if self.guard else None,
            "candidates": [{**asdict(candidate), **asdict(result)} for candidate, result in results.items()],
        }
