import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig, ModelQueuePolicy

from export.tuning.space import Candidate, as_configured, candidates, variants

CONFIG = """
name: "engine"
input { name: "images" data_type: TYPE_UINT8 dims: [-1, -1, 3] }
default_model_filename: "model.onnx"
instance_group { count: 2 kind: KIND_CPU }
dynamic_batching { preferred_batch_size: [1] default_queue_policy { max_queue_size: 7 } }
parameters { key: "INFERENCE_NUM_THREADS" value { string_value: "1" } }
parameters { key: "weights" value { string_value: "official" } }
"""
INSIDE: ModelConfig = text_format.Parse(
    CONFIG
    + """
parameters { key: "engine" value { string_value: "engine" } }
parameters { key: "engine.file" value { string_value: "model.onnx" } }
parameters { key: "engine.warmup" value { string_value: "8x16, 16x8" } }
""",
    ModelConfig(),
)


def parsed() -> ModelConfig:
    return text_format.Parse(CONFIG, ModelConfig())


@pytest.mark.parametrize(
    ("cores", "layouts"),
    [(1, [(1, 1), (2, 1)]), (2, [(1, 2), (2, 1), (3, 1)]), (4, [(1, 4), (2, 2), (4, 1), (5, 1)])],
)
def test_layouts_use_every_core(cores: int, layouts: list[tuple[int, int]]) -> None:
    assert [(c.streams, c.threads) for c in candidates("int8", cores, INSIDE)] == layouts


@pytest.mark.parametrize(
    ("precision", "pipeline", "backends"),
    [
        ("f32", "inside", {"onnxruntime", "openvino"}),
        ("bf16", "inside", {"openvino"}),
        ("f32", "asking", {"openvino"}),
    ],
)
def test_in_f32_a_pipeline_with_the_engine_inside_may_have_onnx_runtime(
    precision: str, pipeline: str, backends: set[str]
) -> None:
    tried = candidates(precision, 2, INSIDE if pipeline == "inside" else parsed())
    assert {candidate.backend for candidate in tried} == backends


def test_applying_changes_what_is_tuned_and_nothing_else() -> None:
    tuned = Candidate("bf16", 3, 4).apply(parsed(), INSIDE)
    assert [group.count for group in tuned.instance_group] == [1]
    assert tuned.parameters["NUM_STREAMS"].string_value == "3"
    assert tuned.parameters["INFERENCE_NUM_THREADS"].string_value == "12"
    assert tuned.parameters["HINT_BF16"].string_value == "YES"
    assert tuned.parameters["weights"].string_value == "official"
    assert tuned.dynamic_batching.default_queue_policy.max_queue_size == 7


def test_each_precision_takes_the_parameters_of_the_others_away() -> None:
    mixed = Candidate("bf16-mixed", 1, 1).apply(parsed(), INSIDE)
    assert mixed.parameters["FP32_CONVOLUTIONS"].string_value == "2"
    assert "FP32_CONVOLUTIONS" not in Candidate("bf16", 1, 1).apply(mixed, INSIDE).parameters
    assert not {"HINT_BF16", "FP32_CONVOLUTIONS"} & set(Candidate("f32", 1, 1).apply(mixed, INSIDE).parameters)
    int8 = Candidate("int8", 1, 1).apply(mixed, INSIDE)
    assert int8.parameters["JIT_CONVOLUTIONS"].string_value == "128"
    assert "FP32_CONVOLUTIONS" not in int8.parameters
    assert "JIT_CONVOLUTIONS" not in Candidate("f32", 1, 1).apply(int8, INSIDE).parameters


@pytest.mark.parametrize(
    ("precision", "file"),
    [("f32", "model.onnx"), ("bf16", "model.onnx"), ("int8", "model.int8.onnx"), ("int8-entropy", "model.int8.onnx")],
)
def test_int8_is_a_graph_of_its_own(precision: str, file: str) -> None:
    tuned = Candidate(precision, 1, 1).apply(parsed(), INSIDE)
    assert tuned.default_model_filename == file
    assert ("HINT_BF16" in tuned.parameters) == (precision == "bf16")


def test_the_original_is_untouched() -> None:
    config = parsed()
    Candidate("bf16", 9, 9).apply(config, INSIDE)
    assert config == parsed()


def test_batching_lets_triton_join_requests() -> None:
    one = Candidate("f32", 2, 1)
    assert list(one.apply(parsed(), INSIDE).dynamic_batching.preferred_batch_size) == [1]
    joined = Candidate("f32", 2, 1, batching=True)
    assert list(joined.apply(parsed(), INSIDE).dynamic_batching.preferred_batch_size) == []


def test_joined_requests_are_tried_of_the_best_by_openvino_which_engines_are_served_by() -> None:
    assert variants(Candidate("bf16", 2, 3)) == [Candidate("bf16", 2, 3, batching=True)]
    by_onnx_runtime = Candidate("f32", 2, 3, backend="onnxruntime", alone=6)
    assert variants(by_onnx_runtime) == [Candidate("f32", 2, 3, batching=True)]


@pytest.mark.parametrize("candidate", [Candidate("f32", 2, 3), Candidate("bf16", 1, 4, batching=True)])
def test_a_layout_is_read_from_the_config_that_has_it(candidate: Candidate) -> None:
    assert as_configured(candidate.precision, candidate.apply(parsed(), INSIDE), INSIDE) == candidate


def alone(threads: str) -> ModelConfig:
    config = ModelConfig()
    config.CopyFrom(INSIDE)
    config.parameters["engine.alone"].string_value = threads
    return config


def parameter(config: ModelConfig, name: str) -> str | None:
    return config.parameters[name].string_value if name in config.parameters else None


@pytest.mark.parametrize("candidate", [Candidate("f32", 2, 3, backend="onnxruntime", alone=4), Candidate("f32", 2, 3)])
def test_the_backend_is_read_from_the_pipelines_config(candidate: Candidate) -> None:
    engine, pipeline = candidate.apply(parsed(), INSIDE), candidate.apply_to_pipeline(INSIDE)
    assert as_configured("f32", engine, pipeline) == candidate
    assert as_configured("int8", engine, pipeline) == Candidate("int8", 2, 3)


@pytest.mark.parametrize(
    ("before", "threads"),
    [(alone("2"), {(1, 4): None, (2, 2): "4", (4, 1): "4", (5, 1): "4"}), (alone("0"), {}), (INSIDE, {})],
)
def test_a_picture_that_is_alone_has_all_cores_with_onnx_runtime_where_that_is_wanted(
    before: ModelConfig, threads: dict[tuple[int, int], str | None]
) -> None:
    for candidate in candidates("f32", 4, before):
        wanted = threads.get((candidate.streams, candidate.threads)) if candidate.backend == "onnxruntime" else None
        assert parameter(candidate.apply_to_pipeline(before), "engine.alone") == wanted


def test_each_backend_is_told_what_it_understands() -> None:
    openvino = Candidate("bf16", 2, 1).apply_to_pipeline(alone("2"))
    assert (parameter(openvino, "engine.backend"), parameter(openvino, "PERFORMANCE_HINT")) == ("openvino", "LATENCY")
    openvino.parameters["COMPILATION_NUM_THREADS"].string_value = "1"
    openvino.parameters["PERFORMANCE_HINT"].string_value = "THROUGHPUT"
    again = Candidate("int8", 2, 1).apply_to_pipeline(openvino)
    assert parameter(again, "PERFORMANCE_HINT") == "THROUGHPUT", "a choice of the user's"
    assert parameter(again, "COMPILATION_NUM_THREADS") == "1"
    back = Candidate("f32", 2, 1, backend="onnxruntime").apply_to_pipeline(openvino)
    assert parameter(back, "engine.backend") == "onnxruntime"
    assert not {"PERFORMANCE_HINT", "COMPILATION_NUM_THREADS", "HINT_BF16"} & set(back.parameters)
    assert "engine.backend" not in Candidate("f32", 2, 1, batching=True).apply_to_pipeline(openvino).parameters


def instances(config: ModelConfig) -> list[int]:
    return [group.count for group in config.instance_group]


@pytest.mark.parametrize(
    ("candidate", "count"), [(Candidate("f32", 3, 1), 3), (Candidate("f32", 2, 1, batching=True), 8)]
)
def test_a_pipeline_that_asks_keeps_every_stream_of_the_engine_busy(candidate: Candidate, count: int) -> None:
    tuned = candidate.apply_to_pipeline(parsed())
    assert instances(tuned) == [count]
    assert tuned.dynamic_batching == parsed().dynamic_batching


def keeping_its_queue() -> ModelConfig:
    config = ModelConfig()
    config.CopyFrom(INSIDE)
    config.ClearField("dynamic_batching")
    config.parameters["queue.max_queue_size"].string_value = "9"
    config.parameters["queue.max_queue_bytes"].string_value = "7"
    config.parameters["queue.default_timeout_microseconds"].string_value = "8000000"
    return config


def test_a_pipeline_that_asks_leaves_its_queue_to_triton() -> None:
    asking = Candidate("f32", 2, 1, batching=True).apply_to_pipeline(keeping_its_queue())
    policy = asking.dynamic_batching.default_queue_policy
    assert (policy.max_queue_size, policy.default_timeout_microseconds) == (9, 8_000_000)
    assert (policy.timeout_action, policy.allow_timeout_override) == (ModelQueuePolicy.REJECT, True)
    assert not [name for name in asking.parameters if name.startswith("queue.")]


def test_a_queue_has_a_bound_even_if_the_config_names_none() -> None:
    config = keeping_its_queue()
    for name in [name for name in config.parameters if name.startswith("queue.")]:
        del config.parameters[name]
    policy = Candidate("f32", 2, 1, batching=True).apply_to_pipeline(config).dynamic_batching.default_queue_policy
    assert (policy.max_queue_size, policy.default_timeout_microseconds) == (128, 10_000_000)


def test_a_pipeline_with_the_engine_inside_keeps_its_queue_with_the_bounds_that_tritons_had() -> None:
    before = ModelConfig()
    before.CopyFrom(INSIDE)
    before.dynamic_batching.default_queue_policy.default_timeout_microseconds = 6_000_000
    tuned = Candidate("f32", 2, 1).apply_to_pipeline(before)
    assert not tuned.HasField("dynamic_batching")
    assert tuned.parameters["queue.max_queue_size"].string_value == "7"
    assert tuned.parameters["queue.default_timeout_microseconds"].string_value == "6000000"


def test_a_pipeline_with_the_engine_inside_runs_it_as_the_engine_itself_would() -> None:
    candidate = Candidate("int8", 3, 2)
    engine = candidate.apply(parsed(), INSIDE)
    tuned = candidate.apply_to_pipeline(INSIDE)
    assert instances(tuned) == [1]
    assert tuned.parameters["engine.file"].string_value == engine.default_model_filename == "model.int8.onnx"
    assert tuned.parameters["engine.warmup"].string_value == "8x16, 16x8"
    for name in ("NUM_STREAMS", "INFERENCE_NUM_THREADS"):
        assert tuned.parameters[name] == engine.parameters[name]


def test_bfloat16_is_said_to_the_pipeline_that_has_the_engine_inside() -> None:
    tuned = Candidate("bf16-mixed", 1, 2).apply_to_pipeline(INSIDE)
    assert tuned.parameters["HINT_BF16"].string_value == "YES"
    assert tuned.parameters["FP32_CONVOLUTIONS"].string_value == "2"
    assert tuned.parameters["engine.file"].string_value == "model.onnx"


def with_shapes(shapes: str) -> ModelConfig:
    config = ModelConfig()
    config.CopyFrom(INSIDE)
    config.parameters["engine.warmup"].string_value = shapes
    return config


@pytest.mark.parametrize(
    ("candidate", "shapes", "compiled_for"),
    [
        (Candidate("int8", 2, 1), "1x2, 2x1, 3x2, 2x3, 4x2", "1x2, 2x1, 3x2, 2x3, 4x2"),
        (Candidate("bf16-mixed", 1, 2), "1x2, 2x1", "1x2, 2x1"),
        (Candidate("int8", 2, 1), "1x2", None),
        (Candidate("int8", 5, 1), "1x2, 2x1", None),
        (Candidate("f32", 2, 1), "1x2, 2x1", None),
        (Candidate("int8", 2, 1, batching=True), "1x2, 2x1", None),
    ],
)
def test_a_lower_precision_is_compiled_for_several_shapes_alone(
    candidate: Candidate, shapes: str, compiled_for: str | None
) -> None:
    before = with_shapes(shapes)
    before.parameters["engine.shapes"].string_value = "9x9"
    tuned = candidate.apply_to_pipeline(before)
    found = tuned.parameters["engine.shapes"].string_value if "engine.shapes" in tuned.parameters else None
    assert found == compiled_for


@pytest.mark.parametrize(
    ("candidate", "pipeline"), [(Candidate("f32", 2, 1, batching=True), INSIDE), (Candidate("f32", 2, 1), parsed())]
)
def test_an_engine_that_is_asked_is_there_from_the_start(candidate: Candidate, pipeline: ModelConfig) -> None:
    seldom = parsed()
    seldom.parameters["LOAD_ON_FIRST_REQUEST"].string_value = "YES"
    tuned = candidate.apply(seldom, pipeline)
    assert "LOAD_ON_FIRST_REQUEST" not in tuned.parameters
    shapes = [(list(warm.inputs["images"].dims), warm.batch_size) for warm in tuned.model_warmup]
    assert shapes == ([([8, 16, 3], 1), ([16, 8, 3], 1)] if pipeline is INSIDE else [])
    assert "engine.file" not in candidate.apply_to_pipeline(pipeline).parameters


def test_an_engine_inside_its_pipeline_waits_for_the_first_request() -> None:
    seldom = parsed()
    seldom.parameters["LOAD_ON_FIRST_REQUEST"].string_value = "YES"
    tuned = Candidate("f32", 2, 1).apply(seldom, INSIDE)
    assert tuned.parameters["LOAD_ON_FIRST_REQUEST"].string_value == "YES"
    assert not tuned.model_warmup
