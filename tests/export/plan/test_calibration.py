"""Which pictures calibrate, and which prove."""

from pathlib import Path

import pytest

from export.errors import CalibrationError
from export.picture_folder import LEAST_PICTURES
from export.plan.calibration import MOST, calibration_set


def fill(folder: Path, count: int) -> Path:
    for index in range(count):
        (folder / f"{index:04}.jpg").write_bytes(b"%d" % index)
    return folder


def test_no_picture_calibrates_and_proves(tmp_path: Path) -> None:
    chosen = calibration_set(fill(tmp_path, 50))
    assert (len(chosen.calibrated), len(chosen.kept_back)) == (40, 10)
    assert not set(chosen.calibrated) & set(chosen.kept_back)


def test_too_few_pictures_are_refused_with_the_way_out(tmp_path: Path) -> None:
    fill(tmp_path, LEAST_PICTURES - 1)
    (tmp_path / "notes.txt").touch()
    with pytest.raises(CalibrationError, match=rf"{LEAST_PICTURES - 1} .* least {LEAST_PICTURES} .* --calibration"):
        calibration_set(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "below/one.PNG").touch()
    assert len(calibration_set(tmp_path).calibrated) == LEAST_PICTURES * 4 // 5


def test_a_folder_that_does_not_exist_has_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="0 pictures in"):
        calibration_set(tmp_path / "none")


def test_of_many_pictures_some_are_chosen_evenly(tmp_path: Path) -> None:
    chosen = calibration_set(fill(tmp_path, 2 * MOST + 1))
    names = sorted(path.stem for path in (*chosen.calibrated, *chosen.kept_back))
    assert len(set(names)) == MOST
    assert names[:2] == ["0000", "0002"]
    assert names[-1] >= f"{2 * MOST - 2:04}"


def test_the_digest_follows_names_and_contents_but_not_the_place(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    fill(one, LEAST_PICTURES)
    fill(other, LEAST_PICTURES)
    assert calibration_set(one).sha256 == calibration_set(other).sha256
    (other / "0003.jpg").write_bytes(b"another")
    changed = calibration_set(other).sha256
    assert calibration_set(one).sha256 != changed
    (other / "0003.jpg").rename(other / "x.jpg")
    assert calibration_set(other).sha256 != changed
