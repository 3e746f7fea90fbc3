"""Pictures that are both calibrated on and judged by."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadtest.bench.calibration_set import describe
from loadtest.bench.errors import ModelError


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    (folder / "one.jpg").write_bytes(b"first")
    (folder / "two.JPG").write_bytes(b"other")
    (folder / "labels.json").write_bytes(b"{}")
    return folder


def test_the_pictures_sent_are_all_known(sent: Path) -> None:
    assert describe(sent, [sent]) == {"pictures": 2, "known": 2}


def test_others_are_not_even_when_they_are_as_large_and_as_old(sent: Path, tmp_path: Path) -> None:
    (tmp_path / "mine/deep").mkdir(parents=True)
    (tmp_path / "mine/deep/one.jpg").write_bytes(b"third")
    for file in (tmp_path / "mine/deep/one.jpg", *sent.iterdir()):
        os.utime(file, (0, 0))
    assert describe(tmp_path / "mine", [sent]) == {"pictures": 1, "known": 0}


def test_a_copy_under_another_name_is_known_in_whichever_folder_it_lies(sent: Path, tmp_path: Path) -> None:
    for name in ("mine", "labelled"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine/copy.jpeg").write_bytes(b"first")
    (tmp_path / "mine/labelled.png").write_bytes(b"third one")
    (tmp_path / "labelled/3.png").write_bytes(b"third one")
    assert describe(tmp_path / "mine", [sent]) == {"pictures": 2, "known": 1}
    assert describe(tmp_path / "mine", [sent, tmp_path / "labelled"]) == {"pictures": 2, "known": 2}


def test_a_folder_without_any_is_refused(sent: Path) -> None:
    with pytest.raises(ModelError, match="no pictures in nowhere: name a folder"):
        describe(Path("nowhere"), [sent])
