"""The pictures that INT8 is calibrated with, and those that are kept back to prove it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from export.errors import CalibrationError
from export.picture_folder import LEAST_PICTURES, digest, evenly, picture_files

MOST = 200  # minutes of work; a few dozen do as well, where they are typical
KEEP_BACK = 5  # every fifth


@dataclass(frozen=True)
class CalibrationSet:
    """Pictures of one folder, split so that the proof sees none that the calibration has seen."""

    calibrated: Sequence[Path]
    kept_back: Sequence[Path]
    sha256: str


def calibration_set(folder: Path) -> CalibrationSet:
    """Choose the pictures of a folder and of those below it, evenly where there are more than `MOST`.

    Raises:
        CalibrationError: there are fewer than `LEAST_PICTURES`
    """
    files = picture_files(folder)
    if len(files) < LEAST_PICTURES:
        raise CalibrationError(
            f"{len(files)} pictures in {folder}, at least {LEAST_PICTURES} are needed to calibrate INT8: "
            "name a folder of typical ones with --calibration"
        )
    chosen = evenly(files, MOST)
    return CalibrationSet(
        calibrated=[path for index, path in enumerate(chosen) if index % KEEP_BACK],
        kept_back=chosen[::KEEP_BACK],
        sha256=digest(folder, chosen),
    )
