"""What can be varied on a CPU: precision, streams and their threads, batches, instances of the pipeline."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.layout import INT8_FILE
from export.tuning.precision import LOWER, PARAMETERS

# How many requests at a time each stream is given where they may be joined.
BATCH = 4
UNJOINED = [1]  # the preferred batch sizes that keep Triton from joining requests


@dataclass(frozen=True)
class Candidate:
    """One way to serve an engine."""

    precision: str
    streams: int
    """How many batches are run at the same time."""
    threads: int
    """Of each stream."""
    batching: bool = False
    """Whether Triton may join waiting requests of equal shape."""
    spare_pipeline: bool = False
    """Whether there is one instance of the pipeline more than the engine can serve at the same time."""

    def __str__(self) -> str:
        batching = ", batches" if self.batching else ""
        spare = ", a pipeline to spare" if self.spare_pipeline else ""
        return f"{self.precision}, {self.streams} x {self.threads} threads{batching}{spare}"

    def apply(self, config: ModelConfig) -> ModelConfig:
        """Return a copy of an OpenVINO engine's config that serves it this way."""
        tuned = _with_instances(config, 1)
        tuned.parameters["NUM_STREAMS"].string_value = str(self.streams)
        tuned.parameters["INFERENCE_NUM_THREADS"].string_value = str(self.streams * self.threads)
        for name in PARAMETERS:
            tuned.parameters.pop(name, None)
        if lower := LOWER.get(self.precision):
            for name, value in lower.parameters.items():
                tuned.parameters[name].string_value = value
            if lower.scheme:
                tuned.default_model_filename = INT8_FILE
        tuned.dynamic_batching.preferred_batch_size[:] = [] if self.batching else UNJOINED
        return tuned

    def apply_to_pipeline(self, config: ModelConfig) -> ModelConfig:
        """Return a copy of a pipeline's config that keeps the engine busy: each instance waits for one answer."""
        return _with_instances(config, self.streams * (BATCH if self.batching else 1) + self.spare_pipeline)


def _with_instances(config: ModelConfig, count: int) -> ModelConfig:
    changed = deepcopy(config)
    del changed.instance_group[:]
    changed.instance_group.add(kind="KIND_CPU", count=count)
    return changed


def candidates(precision: str, cores: int) -> Iterator[Candidate]:
    """List the layouts that keep every core busy: from one stream with all threads to one thread in each.

    One stream more than cores is tried too: while one hands over its result, another computes.
    """
    for streams in range(1, cores + 1):
        if cores % streams == 0:
            yield Candidate(precision, streams, cores // streams)
    yield Candidate(precision, cores + 1, 1)


def as_configured(precision: str, config: ModelConfig) -> Candidate:
    """Return the layout that an engine's config has, in another precision."""
    streams, threads = (int(config.parameters[name].string_value) for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"))
    batching = list(config.dynamic_batching.preferred_batch_size) != UNJOINED
    return Candidate(precision, streams, max(threads // streams, 1), batching)


def variants(best: Candidate) -> list[Candidate]:
    """List what may be better still: requests joined, and a picture that is decoded while the others are inferred."""
    return [replace(best, batching=True), replace(best, spare_pipeline=True)]
