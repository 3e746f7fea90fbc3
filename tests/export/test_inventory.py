"""What `--missing` takes for missing."""

import shutil
from pathlib import Path

import pytest

from export.catalog import RESNET50, YOLOV8N
from export.inventory import is_current
from export.layout import ENGINE_FILES


@pytest.fixture
def repository(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "models"))


def test_complete_engines_are_current(repository: Path, tmp_path: Path) -> None:
    assert is_current(YOLOV8N, repository, tmp_path)
    assert is_current(RESNET50, repository, tmp_path)


@pytest.mark.parametrize("name", ENGINE_FILES)
def test_every_file_counts(repository: Path, tmp_path: Path, name: str) -> None:
    (repository / "yolov8n" / name).unlink()
    assert not is_current(YOLOV8N, repository, tmp_path)
    assert is_current(RESNET50, repository, tmp_path)


@pytest.mark.parametrize("name", ["classify/labels.txt", "classify/preprocessing.json"])
def test_so_do_the_files_of_the_pipelines(repository: Path, tmp_path: Path, name: str) -> None:
    (repository / name).write_text("stale")
    assert not is_current(RESNET50, repository, tmp_path)


def test_weights_that_arrived_after_an_untrained_export(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "yolov8n.pt").write_bytes(b"trained")
    assert not is_current(YOLOV8N, repository, tmp_path)
    assert is_current(RESNET50, repository, tmp_path)


def test_nothing_is_current_in_an_empty_repository(tmp_path: Path) -> None:
    assert not is_current(YOLOV8N, tmp_path, tmp_path)


def test_a_damaged_proof_is_no_proof(repository: Path, tmp_path: Path) -> None:
    (repository / "yolov8n/parity.json").write_text("{")
    assert not is_current(YOLOV8N, repository, tmp_path)
