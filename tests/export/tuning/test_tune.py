"""The command on a live Triton with untrained engines."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from export.picture_folder import LEAST_PICTURES, digest
from export.tuning.precision import INT8_FLAGS, cpu_flags
from tests.model_repository.pictures import encode, scene
from tests.repositories import ROOT

Run = Callable[..., "subprocess.CompletedProcess[str]"]
MODELS = ("classify", "resnet50")


@pytest.fixture
def models(repository: Path, tmp_path: Path) -> Path:
    """Return a repository of its own with the pipeline `classify`."""
    for model in MODELS:
        shutil.copytree(repository / model, tmp_path / "models" / model)
    return tmp_path / "models"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a folder of pictures, with labels that are as good as any for an untrained network."""
    folder = tmp_path / "labelled"
    (folder / "images").mkdir(parents=True)
    for number in range(3):
        (folder / f"images/{number}.png").write_bytes(encode(scene(100 + number, 120)))
    (folder / "labels.txt").write_text("".join(f"{number}.png {number}\n" for number in range(3)))
    return folder


@pytest.fixture
def tune(models: Path) -> Run:
    def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
        command = [ROOT / ".venv/export/bin/python", "-m", "export", "tune", "resnet50", "--repository", models]
        return subprocess.run(
            [*map(str, [*command, *arguments])], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
        )

    return run


def test_the_winner_is_measured_written_and_taken_back(tune: Run, models: Path, pictures: Path) -> None:
    before = (models / "resnet50/config.pbtxt").read_text()
    done = tune("--images", pictures, "--seconds", 0.3, "--rounds", 1, "--clients", 2)
    assert done.returncode == 0, done.stderr
    evidence = json.loads((models / "resnet50/tuning.json").read_text())
    assert evidence["winner"] in done.stdout
    files = sorted((pictures / "images").iterdir())
    assert evidence["load"]["pictures_sha256"] == digest(pictures, files)
    assert all(candidate["throughput"] > 0 for candidate in evidence["candidates"])
    assert {candidate["precision"] for candidate in evidence["candidates"]} == {"f32"}, "no labels, no lower precision"
    assert {candidate["backend"] for candidate in evidence["candidates"]} == {"onnxruntime", "openvino"}
    assert tune("--restore").returncode == 0
    assert (models / "resnet50/config.pbtxt").read_text() == before


def test_a_precision_that_costs_too_much_is_refused(tune: Run, models: Path, pictures: Path) -> None:
    options = ("--images", pictures, "--labels", pictures, "--seconds", 0.2, "--rounds", 1, "--clients", 1)
    # No precision gains a whole point of accuracy over FP32: all are refused.
    done = tune(*options, "--drop", -1)
    assert done.returncode == 0, done.stderr
    evidence = json.loads((models / "resnet50/tuning.json").read_text())
    assert {candidate["precision"] for candidate in evidence["candidates"]} == {"f32"}
    assert ("bf16 refused" in done.stdout) == ("bf16" in evidence["accuracy"])


HAS_INT8 = bool(INT8_FLAGS & cpu_flags())


@pytest.fixture
def many_pictures(tmp_path: Path) -> Path:
    """Return a folder of as many pictures as a calibration needs."""
    folder = tmp_path / "typical"
    folder.mkdir()
    for number in range(LEAST_PICTURES):
        (folder / f"{number}.png").write_bytes(encode(scene(64 + number, 80)))
    return folder


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def test_int8_is_calibrated_served_and_taken_back(tune: Run, models: Path, many_pictures: Path) -> None:
    engine, pipeline = models / "resnet50", models / "classify"
    before = contents(models)
    done = tune("--images", many_pictures, "--precision", "int8", "--rounds", 0)
    if not HAS_INT8:
        assert done.returncode == 1
        assert "this processor is not made for int8" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert f"calibrate INT8 on {LEAST_PICTURES} pictures" in done.stdout
    assert 'default_model_filename: "model.int8.onnx"' in (engine / "config.pbtxt").read_text()
    assert "model.int8.onnx" in (pipeline / "config.pbtxt").read_text()
    assert (engine / "1/model.int8.onnx").stat().st_size < (engine / "1/model.onnx").stat().st_size / 3
    winner = json.loads((engine / "tuning.json").read_text())["winner"]
    assert winner == "int8, openvino, 2 x 1 threads", "as the profile has it"
    assert tune("--images", many_pictures, "--precision", "f32", "--rounds", 0).returncode == 0
    assert not (engine / "1/model.int8.onnx").exists()
    assert "int8" not in (engine / "config.pbtxt").read_text() + (pipeline / "config.pbtxt").read_text()
    assert tune("--restore").returncode == 0
    assert contents(models) == before


@pytest.mark.skipif(not HAS_INT8, reason="this processor has no INT8")
def test_int8_competes_where_labels_allow_it(tune: Run, models: Path, many_pictures: Path, pictures: Path) -> None:
    options = ("--images", many_pictures, "--labels", pictures, "--seconds", 0.1, "--rounds", 1, "--clients", 1)
    done = tune(*options, "--drop", 1)
    assert done.returncode == 0, done.stderr
    evidence = json.loads((models / "resnet50/tuning.json").read_text())
    assert "int8" in {candidate["precision"] for candidate in evidence["candidates"]}
    assert "int8-entropy" not in evidence["accuracy"], "the first of a family is good enough"


def test_insisting_on_a_precision_keeps_the_guard(tune: Run, models: Path, pictures: Path) -> None:
    before = (models / "resnet50/config.pbtxt").read_text()
    # No precision gains a whole point of accuracy over FP32; a processor without bfloat16 refuses, too.
    done = tune("--images", pictures, "--labels", pictures, "--precision", "bf16", "--drop", -1)
    assert done.returncode == 1
    assert "bf16" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (models / "resnet50/config.pbtxt").read_text() == before


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "with --images"),
        (("--images", "{pictures}", "--rounds", "0"), "say what is to be written with --precision"),
        (("--images", "{pictures}", "--precision", "int8"), "int8" if not HAS_INT8 else "3 pictures are too few"),
        (("--images", "{empty}"), "no pictures in"),
        (("--images", "{pictures}", "--labels", "{empty}"), "no usable labels for classify"),
    ],
)
def test_what_is_missing_is_named_and_nothing_changes(
    tune: Run, models: Path, pictures: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    (tmp_path / "empty").mkdir()
    before = (models / "resnet50/config.pbtxt").read_text()
    done = tune(*(argument.format(empty=tmp_path / "empty", pictures=pictures) for argument in arguments))
    assert done.returncode == 1
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (models / "resnet50/config.pbtxt").read_text() == before


@pytest.mark.parametrize(
    ("gone", "advice"), [("resnet50", "run python -m export resnet50 first"), ("classify", "copy the pipeline")]
)
def test_a_model_that_is_not_there_is_said_with_what_to_do(
    tune: Run, models: Path, pictures: Path, gone: str, advice: str
) -> None:
    away = (models / gone).rename(models.with_name(gone))
    try:
        done = tune("--images", pictures)
    finally:
        away.rename(models / gone)
    assert done.returncode == 1
    assert advice in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("option", ["--rounds=-1", "--clients=0", "--seconds=0", "--seconds=inf", "--p99-ms=fast"])
def test_a_number_that_makes_no_sense_is_refused_at_once(tune: Run, pictures: Path, option: str) -> None:
    done = tune("--images", pictures, option)
    assert done.returncode == 2
    name, _, value = option.partition("=")
    assert f"argument {name}: '{value}' is not a" in done.stderr
