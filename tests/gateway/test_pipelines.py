from types import SimpleNamespace

from gateway.pipelines import Index, Pipeline, pipelines
from tests.gateway.fake_triton import DETECT_INPUTS, MODELS, config

ALL_READY = [SimpleNamespace(name=model.name, version="1", state="READY") for model in MODELS]
CONFIGS = {model.name: model for model in MODELS}


def test_a_model_with_a_task_and_an_engine_is_a_pipeline() -> None:
    found = pipelines(Index(ALL_READY), CONFIGS)
    assert list(found) == ["classify", "detect"]
    assert found["detect"] == Pipeline(
        name="detect",
        task="detect",
        engine="yolov8n",
        version="1",
        weights="official",
        weights_file="yolov8n.pt",
        weights_sha256="ab" * 32,
        licence="AGPL-3.0",
        inputs=frozenset(DETECT_INPUTS),
        defaults={"confidence": 0.25, "iou": 0.7, "max_detections": 300},
        ready=True,
    )


def test_the_pipelines_own_default_counts() -> None:
    own = config("detect", {"task": "detect", "engine": "yolov8n", "default.max_detections": "7"})
    assert pipelines(Index(ALL_READY), {**CONFIGS, "detect": own})["detect"].defaults == {"max_detections": 7}


def test_the_highest_loaded_version_is_the_engines() -> None:
    more = [("2", "READY"), ("10", "READY"), ("11", "UNAVAILABLE")]
    entries = [*ALL_READY, *(SimpleNamespace(name="yolov8n", version=v, state=s) for v, s in more)]
    assert pipelines(Index(entries), CONFIGS)["detect"].version == "10"


def test_a_pipeline_without_its_engine_is_not_ready() -> None:
    without = {name: model for name, model in CONFIGS.items() if name != "yolov8n"}
    found = pipelines(Index(ALL_READY), without)["detect"]
    assert (found.engine, found.weights, found.ready) == ("yolov8n", "unknown", False)


ENSEMBLE = config("depth", {"task": "depth", "default.iou": "0.5"}, steps=("prepare", "yolov8n"))


def test_an_ensemble_with_a_task_is_a_pipeline_whose_engine_has_weights() -> None:
    steps = {"prepare": config("prepare", {"default.confidence": "0.5"}), "yolov8n": CONFIGS["yolov8n"]}
    found = pipelines(Index(ALL_READY), {**steps, "depth": ENSEMBLE})["depth"]
    assert (found.engine, found.weights, found.ready) == ("yolov8n", "official", True)
    assert found.defaults == {"confidence": 0.5, "iou": 0.5, "max_detections": 300}


def test_an_ensemble_without_a_step_is_not_ready() -> None:
    assert not pipelines(Index(ALL_READY), {"yolov8n": CONFIGS["yolov8n"], "depth": ENSEMBLE})["depth"].ready


def test_an_ensemble_without_an_engine_speaks_for_itself() -> None:
    plain = {"depth": config("depth", {"task": "depth"}, steps=("step",))}
    found = pipelines(Index([]), plain)["depth"]
    assert (found.engine, found.weights) == ("depth", "unknown")
