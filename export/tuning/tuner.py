"""One tuning run: admit precisions, measure candidates, write the winner."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.console import Console
from export.tuning.evidence import write, write_if_changed
from export.tuning.guard import Guard
from export.tuning.live import LiveTriton
from export.tuning.measure import Measurement, measure
from export.tuning.search import Goal, search
from export.tuning.space import Candidate, candidates, cpu_flags, precisions


@dataclass(frozen=True)
class Load:
    """What is sent to a candidate: pictures in turn, from so many clients, for so many seconds, so many times."""

    pictures: Sequence[bytes]
    clients: int
    seconds: float
    rounds: int


@dataclass(frozen=True)
class Tuner:
    """Tunes one engine; nothing is written before the winner is known.

    `config` is the engine's before any tuning, `pipeline_config` that of the pipeline which asks it; without a `guard`
    there is nothing but FP32.
    """

    engine: Path
    config: ModelConfig
    pipeline_config: ModelConfig
    live: LiveTriton
    load: Load
    guard: Guard | None
    console: Console

    def tune(self, goal: Goal) -> Candidate:
        """Return the winner, which has been written.

        Raises:
            TuningError: the engine is not there, Triton refuses a config, or the labels cannot be used
        """
        cores = os.cpu_count() or 1
        accuracies = self._accuracies()
        tried = [candidate for precision in self._admitted(accuracies) for candidate in candidates(precision, cores)]
        winner, results = search(tried, goal, self._attempt, self.load.rounds, self.console)
        evidence = self._evidence(winner, goal, results, accuracies)
        write(self.engine, winner.apply(self.config), evidence)
        pipeline = winner.apply_to_pipeline(self.pipeline_config)
        write_if_changed(self.engine.with_name(pipeline.name), pipeline, {"follows": self.engine.name})
        self.console.line(f"{self.engine.name}: {winner}, written; --restore goes back")
        return winner

    def _attempt(self, candidate: Candidate) -> Measurement:
        self._serve(candidate)
        return measure(self.live, self.load.pictures, self.load.clients, self.load.seconds)

    def _serve(self, candidate: Candidate) -> None:
        self.live.serve(candidate.apply(self.config))
        self.live.serve(candidate.apply_to_pipeline(self.pipeline_config))

    def _accuracies(self) -> Mapping[str, float]:
        """Measure the accuracy of precisions until a lower one is good enough; without labels of none."""
        if self.guard is None:
            self.console.line("no --labels: nothing can be said about accuracy, precision stays FP32")
            return {}
        accuracies: dict[str, float] = {}
        for precision in precisions(cpu_flags()):
            with self.console.step(f"accuracy with {precision}"):
                self._serve(Candidate(precision, os.cpu_count() or 1, 1))
                accuracies[precision] = self.guard.accuracy(self.live.answer)
            self.console.line(f"  {accuracies[precision]:.4f}")
            if precision != "f32" and self._allows(accuracies, precision):
                break
        return accuracies

    def _allows(self, accuracies: Mapping[str, float], precision: str) -> bool:
        return self.guard is not None and accuracies["f32"] - accuracies[precision] <= self.guard.allowed_drop

    def _admitted(self, accuracies: Mapping[str, float]) -> list[str]:
        """Return the precisions that cost no more accuracy than the guard allows; FP32 always is one."""
        admitted = ["f32"]
        for precision in (name for name in accuracies if name != "f32"):
            if self._allows(accuracies, precision):
                admitted.append(precision)
            else:
                drop = accuracies["f32"] - accuracies[precision]
                self.console.line(f"{precision} refused: accuracy falls by {drop:.4f}, more than --drop allows")
        return admitted

    def _evidence(
        self, winner: Candidate, goal: Goal, results: Mapping[Candidate, Measurement], accuracies: Mapping[str, float]
    ) -> Mapping[str, object]:
        return {
            "winner": str(winner),
            "goal": "throughput" if goal.p99_ms is None else f"p99 <= {goal.p99_ms:g} ms",
            "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
            "load": {
                "pictures": len(self.load.pictures),
                "clients": self.load.clients,
                "seconds": self.load.seconds,
            },
            "accuracy": dict(accuracies),
            "allowed_drop": self.guard.allowed_drop if self.guard else None,
            "candidates": [{**asdict(candidate), **asdict(result)} for candidate, result in results.items()],
        }
