"""What a plan was built from and for, kept beside it, and whether that still holds."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from export.files import sha256_of
from export.layout import MODEL_FILE, PLAN_FILE, PLAN_RECORD_FILE
from export.plan.machine import Machine
from export.plan.wanted import WantedPlan


@dataclass(frozen=True)
class PlanRecord:
    """The part of `plan.json` that decides whether a plan is rebuilt."""

    tensorrt: str
    gpu: str
    compute_capability: str
    precision: str
    max_batch: int
    calibration_sha256: str  # empty unless INT8
    onnx_sha256: str  # of the model.onnx that it was built from
    plan_sha256: str

    @property
    def machine(self) -> Machine:
        return Machine(self.tensorrt, self.gpu, self.compute_capability)


def write_record(engine: Path, wanted: WantedPlan, machine: Machine, proof: Mapping[str, object]) -> None:
    """Write down what the plan in an engine folder is, and the proof of it."""
    record = PlanRecord(
        **asdict(machine),
        precision=wanted.precision,
        max_batch=wanted.max_batch,
        calibration_sha256=wanted.calibration_sha256,
        onnx_sha256=sha256_of(engine / "1" / MODEL_FILE),
        plan_sha256=sha256_of(engine / "1" / PLAN_FILE),
    )
    (engine / PLAN_RECORD_FILE).write_text(f"{json.dumps(asdict(record) | dict(proof), indent=2)}\n")


def why_rebuild(engine: Path, wanted: WantedPlan, machine: Machine) -> str | None:
    """Say why the plan in an engine folder is not the wanted one for this machine; None when it is."""
    record = _read(engine / PLAN_RECORD_FILE)
    if record is None or not (engine / "1" / PLAN_FILE).is_file():
        return "no plan yet"
    here, there = machine, record.machine
    reasons = [
        (
            (there.gpu, there.compute_capability) != (here.gpu, here.compute_capability),
            f"built for {there.gpu} ({there.compute_capability}), this is {here.gpu} ({here.compute_capability})",
        ),
        (there.tensorrt != here.tensorrt, f"built with TensorRT {there.tensorrt}, this is {here.tensorrt}"),
        (record.precision != wanted.precision, f"built in {record.precision}, {wanted.precision} is wanted"),
        (
            record.max_batch != wanted.max_batch,
            f"built for batches of up to {record.max_batch}, {wanted.max_batch} are wanted",
        ),
        (record.calibration_sha256 != wanted.calibration_sha256, "calibrated on other pictures"),
        (record.onnx_sha256 != sha256_of(engine / "1" / MODEL_FILE), f"built from another {MODEL_FILE}"),
        (record.plan_sha256 != sha256_of(engine / "1" / PLAN_FILE), f"{PLAN_FILE} is not the file that was proved"),
    ]
    return next((reason for differs, reason in reasons if differs), None)


def _read(path: Path) -> PlanRecord | None:
    """Return the record, None where there is none or it is damaged."""
    try:
        told = json.loads(path.read_text())
        return PlanRecord(**{field.name: told[field.name] for field in fields(PlanRecord)})
    except (OSError, ValueError, KeyError, TypeError):
        return None
