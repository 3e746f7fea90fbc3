"""What can be varied on a CPU: precision, what computes it, streams and their threads, batches."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace

from tritonclient.grpc.model_config_pb2 import ModelConfig, ModelQueuePolicy

from export.layout import INT8_FILE
from export.tuning.precision import EXACT, LOWER, PARAMETERS

# How many requests at a time each stream is given where they may be joined.
BATCH = 4
UNJOINED = [1]  # the preferred batch sizes that keep Triton from joining requests
# A pipeline's parameters for an engine in its own process, and the engine's for then.
ENGINE_FILE, WARM_UP, SHAPES = "engine.file", "engine.warmup", "engine.shapes"
BACKEND, ALONE = "engine.backend", "engine.alone"
# What a pipeline can run it with. An engine that is asked with tensors is run by OpenVINO.
OPENVINO, ONNX_RUNTIME = "openvino", "onnxruntime"
OPENVINO_PARAMETERS = {"PERFORMANCE_HINT": "LATENCY"}
# What ONNX Runtime refuses, beside what asks for a precision.
OPENVINO_ONLY = [*OPENVINO_PARAMETERS, "COMPILATION_NUM_THREADS"]
# More streams share weights and code, and can have no shapes of their own.
MOST_STREAMS_WITH_SHAPES = 4
# Of a pipeline that keeps its own queue.
QUEUE_SIZE, QUEUE_BYTES = "queue.max_queue_size", "queue.max_queue_bytes"
QUEUE_TIMEOUT = "queue.default_timeout_microseconds"
SELDOM_ASKED = "LOAD_ON_FIRST_REQUEST"


@dataclass(frozen=True)
class Candidate:
    """One way to serve an engine."""

    precision: str
    streams: int
    """How many batches are run at the same time."""
    threads: int
    """Of each stream."""
    batching: bool = False
    """Whether Triton may join waiting requests of equal shape: then the pipeline asks the engine through Triton."""
    backend: str = OPENVINO
    """What computes inside the pipeline: ONNX Runtime knows FP32 only."""
    alone: int = 0
    """Threads of a picture that is alone in the pipeline; 0 for no others than its stream's."""

    def __str__(self) -> str:
        batching = ", batches" if self.batching else ""
        return f"{self.precision}, {self.backend}, {self.streams} x {self.threads} threads{batching}"

    def apply(self, config: ModelConfig, pipeline: ModelConfig) -> ModelConfig:
        """Return a copy of an OpenVINO engine's config that serves it this way, with the pipeline it belongs to."""
        tuned = self._laid_out(_with_instances(config, 1))
        if self._quantized:
            tuned.default_model_filename = INT8_FILE
        if not self._inside(pipeline):
            _be_ready(tuned, _shapes(pipeline))
        tuned.dynamic_batching.preferred_batch_size[:] = [] if self.batching else UNJOINED
        return tuned

    def apply_to_pipeline(self, config: ModelConfig) -> ModelConfig:
        """Return a copy of a pipeline's config that keeps the engine busy.

        Where the pipeline asks the engine, each instance waits for one answer.
        """
        if not self._inside(config):
            asking = _with_instances(config, self.streams * (BATCH if self.batching else 1))
            _let_triton_queue(asking)
            for name in (ENGINE_FILE, SHAPES, BACKEND, ALONE):
                asking.parameters.pop(name, None)
            return asking
        tuned = self._laid_out(_with_instances(config, 1))
        self._choose_backend(tuned)
        _queue_inside(tuned)
        if self._quantized:
            tuned.parameters[ENGINE_FILE].string_value = INT8_FILE
        if self._compiles_shapes_one_by_one(_shapes(config)):
            tuned.parameters[SHAPES].CopyFrom(config.parameters[WARM_UP])
        else:
            tuned.parameters.pop(SHAPES, None)
        return tuned

    def _compiles_shapes_one_by_one(self, shapes: list[str]) -> bool:
        """Tell whether it is worth padding other pictures to these shapes: 3 ms in INT8 and bfloat16, which is a fifth.

        Where there is but one shape, OpenVINO has nothing to look up anyway.
        """
        return self.precision in LOWER and len(shapes) > 1 and self.streams <= MOST_STREAMS_WITH_SHAPES

    def _inside(self, pipeline: ModelConfig) -> bool:
        """Tell whether the pipeline runs the engine itself, where Triton cannot join anything."""
        return ENGINE_FILE in pipeline.parameters and not self.batching

    @property
    def _quantized(self) -> bool:
        return self.precision in LOWER and LOWER[self.precision].scheme is not None

    def _choose_backend(self, pipeline: ModelConfig) -> None:
        """Say what computes, to each backend what it understands."""
        pipeline.parameters[BACKEND].string_value = self.backend
        if self.backend == OPENVINO:
            for name in OPENVINO_PARAMETERS.keys() - set(pipeline.parameters):
                pipeline.parameters[name].string_value = OPENVINO_PARAMETERS[name]
        else:
            for name in OPENVINO_ONLY:
                pipeline.parameters.pop(name, None)
        if self.alone:
            pipeline.parameters[ALONE].string_value = str(self.alone)
        else:
            pipeline.parameters.pop(ALONE, None)

    def _laid_out(self, config: ModelConfig) -> ModelConfig:
        config.parameters["NUM_STREAMS"].string_value = str(self.streams)
        config.parameters["INFERENCE_NUM_THREADS"].string_value = str(self.streams * self.threads)
        for name in PARAMETERS:
            config.parameters.pop(name, None)
        if lower := LOWER.get(self.precision):
            for name, value in lower.parameters.items():
                config.parameters[name].string_value = value
        return config


def _with_instances(config: ModelConfig, count: int) -> ModelConfig:
    changed = deepcopy(config)
    del changed.instance_group[:]
    changed.instance_group.add(kind="KIND_CPU", count=count)
    return changed


def _let_triton_queue(pipeline: ModelConfig) -> None:
    """Give a pipeline that keeps its own queue one of Triton's with the same bounds: several processes share that."""
    if not pipeline.HasField("dynamic_batching"):
        policy = pipeline.dynamic_batching.default_queue_policy
        policy.timeout_action, policy.allow_timeout_override = ModelQueuePolicy.REJECT, True
        policy.max_queue_size = int(pipeline.parameters[QUEUE_SIZE].string_value or "128")
        policy.default_timeout_microseconds = int(pipeline.parameters[QUEUE_TIMEOUT].string_value or "10000000")
    for name in (QUEUE_SIZE, QUEUE_BYTES, QUEUE_TIMEOUT):
        pipeline.parameters.pop(name, None)


def _queue_inside(pipeline: ModelConfig) -> None:
    """Take Triton's queue away, which configs of before have, and keep its bounds in one of the pipeline's own."""
    if pipeline.HasField("dynamic_batching"):
        policy = pipeline.dynamic_batching.default_queue_policy
        pipeline.parameters[QUEUE_SIZE].string_value = str(policy.max_queue_size)
        pipeline.parameters[QUEUE_TIMEOUT].string_value = str(policy.default_timeout_microseconds)
        pipeline.ClearField("dynamic_batching")


def _shapes(pipeline: ModelConfig) -> list[str]:
    """Return the heights and widths, `480x640`, that a pipeline is ready for."""
    text = pipeline.parameters[WARM_UP].string_value if WARM_UP in pipeline.parameters else ""
    return [part.strip() for part in text.split(",") if part.strip()]


def _be_ready(engine: ModelConfig, shapes: list[str]) -> None:
    """Let an engine be loaded and compiled for these shapes before Triton says it is ready."""
    engine.parameters.pop(SELDOM_ASKED, None)
    (images,) = engine.input
    for shape in shapes:
        sample = engine.model_warmup.add(name=shape, batch_size=1).inputs[images.name]
        sample.data_type, sample.zero_data = images.data_type, True
        sample.dims[:] = [*map(int, shape.split("x")), images.dims[-1]]


def candidates(precision: str, cores: int, pipeline: ModelConfig) -> Iterator[Candidate]:
    """List for each backend what keeps every core busy: from one stream with all threads to one thread in each.

    One stream more than cores is tried too: while one hands over its result, another computes.
    """
    layouts = [(streams, cores // streams) for streams in range(1, cores + 1) if cores % streams == 0]
    for backend in backends(precision, pipeline):
        wanted = cores if backend == ONNX_RUNTIME and _threads_alone(pipeline) else 0
        for streams, threads in [*layouts, (cores + 1, 1)]:
            yield Candidate(precision, streams, threads, backend=backend, alone=wanted if wanted > threads else 0)


def backends(precision: str, pipeline: ModelConfig) -> list[str]:
    """List what can compute in this precision for a pipeline."""
    return [ONNX_RUNTIME, OPENVINO] if precision == EXACT and ENGINE_FILE in pipeline.parameters else [OPENVINO]


def as_configured(precision: str, config: ModelConfig, pipeline: ModelConfig) -> Candidate:
    """Return the layout that an engine's config has, in another precision; where it is the same, with its backend."""
    streams, threads = (int(config.parameters[name].string_value) for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"))
    batching = list(config.dynamic_batching.preferred_batch_size) != UNJOINED
    configured = pipeline.parameters[BACKEND].string_value if BACKEND in pipeline.parameters else OPENVINO
    backend = configured if configured in backends(precision, pipeline) else OPENVINO
    alone = _threads_alone(pipeline) if backend == ONNX_RUNTIME else 0
    return Candidate(precision, streams, max(threads // streams, 1), batching, backend, alone)


def variants(best: Candidate) -> list[Candidate]:
    """List what may be better still: requests joined."""
    return [replace(best, batching=True, backend=OPENVINO, alone=0)]


def _threads_alone(pipeline: ModelConfig) -> int:
    """Return how many threads a picture has that is alone, 0 where none are set aside for it.

    They take an engine of their own: with ONNX Runtime that is little memory, with OpenVINO it is not.
    """
    text = pipeline.parameters[ALONE].string_value if ALONE in pipeline.parameters else ""
    return int(text) if text.isdigit() else 0
