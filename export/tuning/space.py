"""What can be varied on a CPU: precision, streams and their threads, and whether Triton forms batches."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

from tritonclient.grpc.model_config_pb2 import ModelConfig

# Flags of /proc/cpuinfo that stand for native bfloat16; without them it is emulated, and slower than FP32.
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
# Faster and less exact, the fastest first. NVIDIA's backend knows the first parameter only, ours the second, too: how
# many of the first convolutions stay in FP32.
LOWER_PRECISIONS = {
    "bf16": {"HINT_BF16": "YES"},
    "bf16-mixed": {"HINT_BF16": "YES", "FP32_CONVOLUTIONS": "2"},
}
PRECISION_PARAMETERS = frozenset(name for parameters in LOWER_PRECISIONS.values() for name in parameters)
# How many requests at a time each stream is given where they may be joined.
BATCH = 4


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

    def __str__(self) -> str:
        batching = ", batches" if self.batching else ""
        return f"{self.precision}, {self.streams} x {self.threads} threads{batching}"

    def apply(self, config: ModelConfig) -> ModelConfig:
        """Return a copy of an OpenVINO engine's config that serves it this way."""
        tuned = _with_instances(config, 1)
        tuned.parameters["NUM_STREAMS"].string_value = str(self.streams)
        tuned.parameters["INFERENCE_NUM_THREADS"].string_value = str(self.streams * self.threads)
        for name in PRECISION_PARAMETERS:
            tuned.parameters.pop(name, None)
        for name, value in LOWER_PRECISIONS.get(self.precision, {}).items():
            tuned.parameters[name].string_value = value
        tuned.dynamic_batching.preferred_batch_size[:] = [] if self.batching else [1]
        return tuned

    def apply_to_pipeline(self, config: ModelConfig) -> ModelConfig:
        """Return a copy of a pipeline's config that keeps the engine busy: each instance waits for one answer."""
        return _with_instances(config, self.streams * (BATCH if self.batching else 1))


def _with_instances(config: ModelConfig, count: int) -> ModelConfig:
    changed = deepcopy(config)
    del changed.instance_group[:]
    changed.instance_group.add(kind="KIND_CPU", count=count)
    return changed


def precisions(cpu_flags: frozenset[str]) -> list[str]:
    """List what this processor is good at, the most exact first, then the fastest."""
    return ["f32", *LOWER_PRECISIONS] if cpu_flags & BF16_FLAGS else ["f32"]


def candidates(precision: str, cores: int) -> Iterator[Candidate]:
    """List the layouts that keep every core busy: from one stream with all threads to one thread in each.

    One stream more than cores is tried too: while one hands over its result, another computes.
    """
    for streams in range(1, cores + 1):
        if cores % streams == 0:
            yield Candidate(precision, streams, cores // streams)
    yield Candidate(precision, cores + 1, 1)


def with_batching(best: Candidate) -> Candidate:
    return Candidate(best.precision, best.streams, best.threads, batching=True)


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return what the first processor says it can do; nothing where the system does not tell."""
    try:
        lines: Sequence[str] = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())
