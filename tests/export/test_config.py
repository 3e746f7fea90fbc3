"""Configs follow from the graph and the profile; nothing is typed twice."""

from pathlib import Path

import pytest
from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.catalog import RESNET50, YOLOV8N
from export.config import PROFILES, Engine, render
from export.errors import ConfigError
from export.graph import Signature, Tensor
from export.weights import Weights

WEIGHTS = Weights("official", Path("/some/where/yolov8n.pt"), "ab" * 32, "AGPL-3.0")
DETECT = Engine(
    YOLOV8N,
    Signature([Tensor("images", "uint8", [-1, -1, 3])], [Tensor("candidates", "float32", [-1, 6])]),
    WEIGHTS,
    max_batch=16,
)
CLASSIFY = Engine(
    RESNET50,
    Signature([Tensor("images", "uint8", [224, 224, 3])], [Tensor("probabilities", "float32", [1000])]),
    Weights("untrained"),
    max_batch=16,
)


def parsed(engine: Engine, device: str, profiles: Path = PROFILES) -> ModelConfig:
    return text_format.Parse(render(engine, device, profiles), ModelConfig())


def parameters(config: ModelConfig) -> dict[str, str]:
    return {key: value.string_value for key, value in config.parameters.items()}


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_tensors_are_those_of_the_graph(device: str) -> None:
    config = parsed(DETECT, device)
    (images,), (candidates,) = config.input, config.output
    assert (images.name, images.data_type, list(images.dims)) == ("images", 2, [-1, -1, 3])  # TYPE_UINT8
    assert (candidates.name, candidates.data_type, list(candidates.dims)) == ("candidates", 11, [-1, 6])  # TYPE_FP32
    assert (config.name, config.max_batch_size, config.default_model_filename) == ("yolov8n", 16, "model.onnx")
    assert config.version_policy.latest.num_versions == 1


def test_only_probabilities_have_a_label_file() -> None:
    assert [output.label_filename for output in parsed(CLASSIFY, "cpu").output] == ["labels.txt"]
    assert [output.label_filename for output in parsed(DETECT, "cpu").output] == [""]


def test_parameters_tell_the_task_and_the_weights_but_no_folder() -> None:
    told = parameters(parsed(DETECT, "gpu"))
    assert told == {
        "task": "detect", "image_size": "640", "stride": "32", "weights": "official", "weights_file": "yolov8n.pt",
        "weights_sha256": "ab" * 32, "weights_license": "AGPL-3.0",
    }  # fmt: skip
    assert "/some/where" not in render(DETECT, "cpu")


def test_untrained_is_in_the_config() -> None:
    told = parameters(parsed(CLASSIFY, "cpu"))
    assert (told["weights"], told["weights_file"], told["image_size"]) == ("untrained", "", "224")
    assert "stride" not in told


@pytest.mark.parametrize("engine", [DETECT, CLASSIFY])
def test_cpu_profile(engine: Engine) -> None:
    config = parsed(engine, "cpu")
    assert config.backend == "openvino"
    assert [(group.count, group.kind) for group in config.instance_group] == [(1, 2)]  # KIND_CPU
    assert list(config.dynamic_batching.preferred_batch_size) == [1]
    assert {"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "2"}.items() <= parameters(config).items()


@pytest.mark.parametrize("engine", [DETECT, CLASSIFY])
@pytest.mark.parametrize("device", ["cpu", "gpu", "tensorrt"])
def test_the_queue_is_bounded(engine: Engine, device: str) -> None:
    policy = parsed(engine, device).dynamic_batching.default_queue_policy
    assert policy.timeout_action == 0  # REJECT
    assert policy.allow_timeout_override
    assert (policy.default_timeout_microseconds, policy.max_queue_size) == (10_000_000, 128)


@pytest.mark.parametrize(("engine", "shape"), [(DETECT, [640, 640, 3]), (CLASSIFY, [224, 224, 3])])
def test_warm_up_is_completed_from_the_graph(engine: Engine, shape: list[int]) -> None:
    one, largest = parsed(engine, "gpu").model_warmup
    assert (one.batch_size, largest.batch_size) == (1, 16)
    for sample in (one.inputs["images"], largest.inputs["images"]):
        assert (sample.data_type, list(sample.dims)) == (2, shape)


@pytest.mark.parametrize("engine", [DETECT, CLASSIFY])
def test_on_a_cpu_where_pipelines_run_it_themselves_an_engine_loads_when_it_is_asked(engine: Engine) -> None:
    config = parsed(engine, "cpu")
    assert parameters(config)["LOAD_ON_FIRST_REQUEST"] == "YES"
    assert not config.model_warmup, "it would be loaded for that"


@pytest.mark.parametrize(("engine", "shape"), [(DETECT, "640x640x3"), (CLASSIFY, "224x224x3")])
def test_gpu_profile(engine: Engine, shape: str) -> None:
    config = parsed(engine, "gpu")
    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert config.backend == "onnxruntime"
    assert accelerator.parameters["precision_mode"] == "FP16"
    assert accelerator.parameters["trt_profile_min_shapes"] == f"images:1x{shape}"
    assert accelerator.parameters["trt_profile_max_shapes"] == f"images:16x{shape}"
    assert [warm.batch_size for warm in config.model_warmup] == [1, 16]


def test_a_smaller_largest_batch_is_followed_everywhere() -> None:
    small = Engine(DETECT.spec, DETECT.signature, WEIGHTS, max_batch=8)
    config = parsed(small, "gpu")
    (accelerator,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert list(config.dynamic_batching.preferred_batch_size) == [8]
    assert accelerator.parameters["trt_profile_max_shapes"] == "images:8x640x640x3"
    assert [warm.batch_size for warm in config.model_warmup] == [1, 8]


@pytest.mark.parametrize(
    ("engine", "dims"),
    [
        (Engine(YOLOV8N, Signature([Tensor("images", "uint8", [640, 640, 3])],
                                   [Tensor("candidates", "float32", [1000, 6])]), WEIGHTS, max_batch=8), [640, 640, 3]),
        (Engine(CLASSIFY.spec, CLASSIFY.signature, CLASSIFY.weights, max_batch=8), [224, 224, 3]),
    ],
)  # fmt: skip
def test_tensorrt_profile(engine: Engine, dims: list[int]) -> None:
    config = parsed(engine, "tensorrt")
    assert (config.backend, config.default_model_filename) == ("tensorrt", "model.plan")
    assert [(group.count, group.kind) for group in config.instance_group] == [(1, 1)]  # KIND_GPU
    assert list(config.input[0].dims) == dims
    assert list(config.dynamic_batching.preferred_batch_size) == [8]
    assert config.dynamic_batching.max_queue_delay_microseconds == 2000
    warm = [(each.batch_size, list(each.inputs["images"].dims)) for each in config.model_warmup]
    assert warm == [(1, dims), (8, dims)]
    assert not config.HasField("optimization")


def test_a_generated_file_says_so() -> None:
    first = render(DETECT, "cpu").splitlines()[0]
    assert first == "# generated by python -m export yolov8n; change export/profiles instead"


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ("no_such_field: 1", "no_such_field"),
        ('model_warmup { name: "w" inputs { key: "pixels" value { zero_data: true } } }', "the graph has images"),
        (None, "detect.cpu.pbtxt"),
    ],
)
def test_a_profile_that_does_not_fit_is_named(tmp_path: Path, profile: str | None, reason: str) -> None:
    if profile is not None:
        (tmp_path / "detect.cpu.pbtxt").write_text(profile)
    with pytest.raises(ConfigError, match=reason):
        render(DETECT, "cpu", tmp_path)
