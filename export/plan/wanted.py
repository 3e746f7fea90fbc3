"""What a user can ask of a plan."""

from dataclasses import dataclass
from typing import Final, Literal

from export.plan.calibration import CalibrationSet

Precision = Literal["fp32", "fp16", "int8"]
PRECISIONS: Final[tuple[Precision, ...]] = ("fp32", "fp16", "int8")


@dataclass(frozen=True)
class WantedPlan:
    """`calibration` is there for INT8 alone."""

    precision: Precision
    max_batch: int
    calibration: CalibrationSet | None = None

    @property
    def calibration_sha256(self) -> str:
        return self.calibration.sha256 if self.calibration else ""
