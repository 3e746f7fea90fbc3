"""A plan that does not fit is told apart, and the reason is said."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from export.plan.calibration import CalibrationSet
from export.plan.machine import Machine
from export.plan.record import why_rebuild, write_record
from export.plan.wanted import WantedPlan

L4 = Machine(tensorrt="11.4.0.106", gpu="NVIDIA L4", compute_capability="8.9")
WANTED = WantedPlan("int8", 16, CalibrationSet([], [], "ab" * 32))


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    (tmp_path / "1").mkdir()
    (tmp_path / "1/model.onnx").write_bytes(b"graph")
    (tmp_path / "1/model.plan").write_bytes(b"plan")
    write_record(tmp_path, WANTED, L4, {"proofs": {"plan": "good"}})
    return tmp_path


def test_the_plan_that_was_built_here_stays(engine: Path) -> None:
    assert why_rebuild(engine, WANTED, L4) is None


def test_the_record_keeps_the_proof(engine: Path) -> None:
    told = json.loads((engine / "plan.json").read_text())
    assert told["proofs"] == {"plan": "good"}
    assert (told["gpu"], told["tensorrt"], told["precision"], told["max_batch"]) == (L4.gpu, L4.tensorrt, "int8", 16)


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        (
            replace(L4, gpu="NVIDIA A10", compute_capability="8.6"),
            "built for NVIDIA L4 (8.9), this is NVIDIA A10 (8.6)",
        ),
        (replace(L4, gpu="NVIDIA L40S"), "built for NVIDIA L4 (8.9), this is NVIDIA L40S (8.9)"),
        (replace(L4, tensorrt="11.4.0.107"), "built with TensorRT 11.4.0.106, this is 11.4.0.107"),
    ],
)
def test_another_machine(engine: Path, machine: Machine, reason: str) -> None:
    assert why_rebuild(engine, WANTED, machine) == reason


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (replace(WANTED, precision="fp16", calibration=None), "built in int8, fp16 is wanted"),
        (replace(WANTED, max_batch=8), "built for batches of up to 16, 8 are wanted"),
        (replace(WANTED, calibration=CalibrationSet([], [], "cd" * 32)), "calibrated on other pictures"),
    ],
)
def test_another_wish(engine: Path, wanted: WantedPlan, reason: str) -> None:
    assert why_rebuild(engine, wanted, L4) == reason


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("1/model.onnx", "built from another model.onnx"),
        ("1/model.plan", "model.plan is not the file that was proved"),
        ("plan.json", "no plan yet"),
    ],
)
def test_a_file_that_has_changed(engine: Path, file: str, reason: str) -> None:
    (engine / file).write_bytes(b"something else")
    assert why_rebuild(engine, WANTED, L4) == reason


@pytest.mark.parametrize("file", ["1/model.plan", "plan.json"])
def test_a_file_that_is_missing(engine: Path, file: str) -> None:
    (engine / file).unlink()
    assert why_rebuild(engine, WANTED, L4) == "no plan yet"
