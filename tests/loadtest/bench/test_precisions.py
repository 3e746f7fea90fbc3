"""Repositories of other precisions, and the same engines in-process."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.bench.errors import ModelError
from loadtest.bench.precisions import engine_settings, make_repository, place
from loadtest.bench.systems import ENGINES, PRECISIONS, THREADS_ALONE, Precision

CALIBRATION = Path("photos")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for engine in ENGINES.values():
        (tmp_path / "models" / engine / "1").mkdir(parents=True)
        (tmp_path / "models" / engine / "1/model.onnx").write_bytes(b"network")
        (tmp_path / "models" / engine / "config.pbtxt").write_text("name: 'engine'\n")
    return tmp_path / "models"


@pytest.fixture
def refusing(tmp_path: Path) -> Path:
    """Return an interpreter that writes down how it was called and fails."""
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/called\necho "tune: no CPU for it" >&2\nexit 1\n')
    program.chmod(0o755)
    return program


def test_every_precision_has_a_place_of_its_own_and_f32_is_the_original(repository: Path) -> None:
    assert place(repository, "f32") == repository
    assert len({place(repository, precision) for precision in PRECISIONS}) == len(PRECISIONS)


@pytest.mark.parametrize(("precision", "tuned"), [("bf16", "bf16-mixed"), ("int8", "int8")])
def test_a_precision_that_cannot_be_had_ends_with_what_is_missing(
    repository: Path,
    refusing: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    precision: Precision,
    tuned: str,
) -> None:
    with pytest.raises(ModelError, match=f"no yolov8n in {tuned}: the reason stands above"):
        make_repository(repository, precision, CALIBRATION, refusing)
    assert capfd.readouterr().err == "tune: no CPU for it\n"
    (called,) = (tmp_path / "called").read_text().splitlines()
    assert called == (
        f"-m export tune yolov8n --precision={tuned} --rounds=0 "
        f"--repository={place(repository, precision)} --images={CALIBRATION}"
    )


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_a_precision_is_made_in_a_copy_that_shares_the_engine(
    repository: Path, refusing: Path, precision: Precision
) -> None:
    with pytest.raises(ModelError):
        make_repository(repository, precision, CALIBRATION, refusing)
    copy = place(repository, precision)
    assert (copy / "yolov8n/1/model.onnx").is_symlink()
    assert (copy / "yolov8n/config.pbtxt").read_text() == "name: 'engine'\n"


ONE_OF_TWO = {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": "2", "PERFORMANCE_HINT": "LATENCY"}


@pytest.mark.parametrize(
    ("precision", "graph", "parameters"),
    [
        ("f32", "model.onnx", {}),
        ("bf16", "model.onnx", {"HINT_BF16": "YES", "FP32_CONVOLUTIONS": "2"}),
        ("int8", "model.int8.onnx", {"JIT_CONVOLUTIONS": "128"}),
    ],
)
def test_without_a_server_the_same_graph_is_computed_in_the_same_way(
    tmp_path: Path, precision: Precision, graph: str, parameters: dict[str, str]
) -> None:
    (tmp_path / "detect").mkdir()
    lines = [
        f'parameters {{ key: "{name}" value {{ string_value: "{value}" }} }}\n'
        for name, value in {"engine.shapes": "480x640, 640x480", "queue.max_queue_size": "7", **parameters}.items()
    ]
    (tmp_path / "detect/config.pbtxt").write_text("".join(lines))
    assert engine_settings(tmp_path, "detect", precision, streams=1, threads=2) == {
        "backend": "openvino",
        "graph": graph,
        "parameters": ONE_OF_TWO | parameters,
        "shapes": [[480, 640], [640, 480]],
    }


@pytest.mark.parametrize(
    ("entries", "threads"),
    [
        ({"engine.alone": "4", "INFERENCE_NUM_THREADS": "2"}, "4"),
        ({"engine.alone": "0"}, "1"),
        ({"NUM_STREAMS": "2", "INFERENCE_NUM_THREADS": "6"}, "3"),
    ],
)
def test_without_a_server_what_runs_the_engine_and_with_how_many_threads_is_as_in_the_repository(
    tmp_path: Path, entries: dict[str, str], threads: str
) -> None:
    (tmp_path / "classify").mkdir()
    lines = [
        f'parameters {{ key: "{name}" value {{ string_value: "{value}" }} }}\n'
        for name, value in {"engine.backend": "onnxruntime", **entries}.items()
    ]
    (tmp_path / "classify/config.pbtxt").write_text("".join(lines))
    settings = engine_settings(tmp_path, "classify", "f32", streams=1, threads=THREADS_ALONE)
    assert settings["backend"] == "onnxruntime"
    assert settings["parameters"] == {"NUM_STREAMS": "1", "INFERENCE_NUM_THREADS": threads}
