"""Repositories of other precisions, and the same engines in-process."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.bench.models import ModelError
from loadtest.bench.precisions import engine_settings, make_repository, place
from loadtest.bench.systems import ENGINES, PRECISIONS, Precision

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


def test_without_a_server_the_same_graph_is_computed_in_the_same_precision() -> None:
    exact = {"graph": "model.onnx", "precision": "f32", "fp32_convolutions": 0}
    assert engine_settings("detect", "f32") == exact
    assert engine_settings("detect", "bf16") == exact | {"precision": "bf16", "fp32_convolutions": 2}
    assert engine_settings("classify", "bf16") == exact | {"precision": "bf16"}
    assert (
        engine_settings("detect", "int8") == engine_settings("classify", "int8") == exact | {"graph": "model.int8.onnx"}
    )
