"""The command as a whole: what it prints, what it leaves behind, and what it leaves alone."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.export.conftest import environment
from tests.repositories import ROOT

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def repository(exported: Path, tmp_path: Path) -> Path:
    """Return a copy of the exported repository that a test may change."""
    return Path(shutil.copytree(exported, tmp_path / "models"))


def test_writes_the_engines_and_what_their_neighbours_need(exported: Path) -> None:
    engine = {"config.pbtxt", "configs/gpu.pbtxt", "labels.txt", "parity.json", "1/model.onnx"}
    assert set(digests(exported / "yolov8n")) == engine
    assert set(digests(exported / "resnet50")) == engine
    assert {path.name for path in exported.iterdir()} == {"yolov8n", "resnet50", "detect", "classify"}


def test_labels_reach_the_pipelines(exported: Path) -> None:
    assert (exported / "detect/labels.txt").read_text().splitlines()[:2] == ["person", "bicycle"]
    assert len((exported / "detect/labels.txt").read_text().splitlines()) == 80
    assert (exported / "classify/labels.txt").read_text() == (exported / "resnet50/labels.txt").read_text()
    assert (exported / "resnet50/labels.txt").read_text().splitlines()[0] == "tench"


def test_other_users_can_read_the_engine(exported: Path) -> None:
    assert all((exported / "yolov8n" / name).stat().st_mode & 0o044 for name in ("", "1", "1/model.onnx", "labels.txt"))


def test_the_proof_is_kept(exported: Path) -> None:
    proof = json.loads((exported / "yolov8n/parity.json").read_text())
    assert proof["model_sha256"] == digests(exported / "yolov8n")["1/model.onnx"]
    assert proof["weights"] == {"provenance": "untrained", "sha256": "", "license": "", "file": ""}
    assert {case["batch"] for case in proof["cases"]} == {1, 2, 3, 16}
    assert {"torch", "onnx", "onnxruntime", "ultralytics"} <= set(proof["versions"])


def test_prints_the_proof_and_says_loudly_that_weights_are_untrained(exported: Path) -> None:
    printed = (exported.parent / "stdout.txt").read_text()
    assert "WARNING" in printed
    assert "UNTRAINED" in printed
    assert printed.count(" ok\n") == 7 + 4
    assert "Ultralytics" not in printed


def test_the_home_folder_stays_empty(exported: Path, home: Path) -> None:
    assert exported.exists()
    assert list(home.iterdir()) == []


def test_a_failed_proof_leaves_the_old_engine_as_it_was(warm: Run, repository: Path, small_weights: Path) -> None:
    tuned_pipeline(repository)
    before = digests(repository)
    done = warm("-m", "export", "yolov8n", "--repository", repository, "--weights-dir", small_weights,
                "--tolerance", 0, "--max-batch", 1)  # fmt: skip
    assert done.returncode == 1
    assert "ONNX differs from PyTorch in" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "DIFFERS" in done.stdout
    assert digests(repository) == before


def test_without_weights_it_names_the_ways_out(run: Run, tmp_path: Path) -> None:
    done = run("yolov8n", "--repository", tmp_path / "models", "--weights-dir", tmp_path / "weights")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"put yolov8n.pt into {tmp_path / 'weights'}" in done.stderr
    assert "allow the network to reach https://github.com/ultralytics/assets" in done.stderr
    assert "--allow-untrained" in done.stderr


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_a_damaged_checkpoint_is_one_clear_line(warm: Run, tmp_path: Path, name: str) -> None:
    broken = tmp_path / {"yolov8n": "yolov8n.pt", "resnet50": "resnet50.pth"}[name]
    broken.write_bytes(b"not a checkpoint")
    done = warm("-m", "export", name, "--repository", tmp_path / "models", "--weights-dir", tmp_path,
                "--allow-untrained")  # fmt: skip
    assert done.returncode == 1
    assert str(broken) in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_unknown_model_is_told_with_the_known_ones(run: Run) -> None:
    done = run("yolov9000")
    assert done.returncode == 2
    assert "there are yolov8n, resnet50" in done.stderr


def test_missing_is_instant_when_all_is_there(command: list[str], home: Path, exported: Path, tmp_path: Path) -> None:
    """What takes seconds is to import PyTorch and the like."""
    before = digests(exported)
    python, *export = command
    done = subprocess.run(
        [python, "-X", "importtime", *export, "--missing", "--repository", exported, "--weights-dir", tmp_path],
        cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "export.cli" in imported
    assert not imported & {"torch", "torchvision", "ultralytics", "onnx", "onnxruntime", "numpy", "cv2"}
    assert done.stdout == "yolov8n: up to date\nresnet50: up to date\n"
    assert digests(exported) == before


def test_check_needs_nothing_but_the_standard_library(exported: Path, tmp_path: Path) -> None:
    def check(repository: Path) -> subprocess.CompletedProcess[str]:
        folders = ["--repository", str(repository), "--weights-dir", str(tmp_path)]
        command = [sys.executable, "-S", "-m", "export", "--check", *folders]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert check(exported).returncode == 0
    absent = check(tmp_path)
    assert (absent.returncode, absent.stderr) == (1, "")


def test_a_network_whose_cells_do_not_fit_into_the_pictures_is_refused(warm: Run, tmp_path: Path) -> None:
    assert warm(ROOT / "tests/export/small_detector.py", tmp_path, 16).returncode == 0
    done = warm("-m", "export", "yolov8n", "--repository", tmp_path / "models", "--weights-dir", tmp_path)
    assert done.returncode == 1
    assert "cells of 16, 32, 64 pixels" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "models/yolov8n").exists()


def test_missing_exports_what_is_incomplete(warm: Run, repository: Path, small_weights: Path) -> None:
    arguments = ("--missing", "--repository", repository, "--weights-dir", small_weights, "--max-batch")
    assert warm("-m", "export", "yolov8n", *arguments, 2).returncode == 0
    (repository / "yolov8n/1/model.onnx").unlink()
    done = warm("-m", "export", *arguments, 3)
    assert done.returncode == 0, done.stderr
    assert "resnet50: up to date" in done.stdout
    assert (repository / "yolov8n/1/model.onnx").is_file()
    assert "max_batch_size: 3\n" in (repository / "yolov8n/config.pbtxt").read_text()


def tuned_pipeline(repository: Path) -> Path:
    """Leave a pipeline as the tuning does; return its config."""
    config = repository / "detect/config.pbtxt"
    (config.parent / "configs").mkdir(parents=True)
    (config.parent / "configs/untuned.pbtxt").write_text("untuned")
    config.write_text("runs another engine's graph")
    return config


def test_a_new_engine_is_not_run_as_the_old_one_was_tuned(warm: Run, repository: Path, small_weights: Path) -> None:
    config = tuned_pipeline(repository)
    done = warm("-m", "export", "yolov8n", "--repository", repository, "--weights-dir", small_weights,
                "--max-batch", 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert config.read_text() == "untuned"
    assert not (config.parent / "configs/untuned.pbtxt").exists()


def test_missing_exports_what_is_from_other_weights(warm: Run, repository: Path, small_weights: Path) -> None:
    before = digests(repository / "resnet50")
    done = warm("-m", "export", "--missing", "--repository", repository, "--weights-dir", small_weights,
                "--max-batch", 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "yolov8n: not there yet, or not from the weights that are there now" in done.stdout
    assert json.loads((repository / "yolov8n/parity.json").read_text())["weights"]["provenance"] == "custom"
    assert (repository / "detect/labels.txt").read_text().splitlines() == ["circle", "line", "square", "triangle"]
    assert digests(repository / "resnet50") == before


def start_and_reach_staging(command: list[str], repository: Path, home: Path) -> "subprocess.Popen[bytes]":
    with signals_as_in_a_terminal():
        process = subprocess.Popen(
            [*command, "yolov8n", "--repository", repository, "--weights-dir", home, "--allow-untrained"],
            env=os.environ | {"https_proxy": "http://127.0.0.1:9"}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(repository.glob("**/.staging-*/1/model.onnx")):
        assert process.poll() is None, "it ended before it could be interrupted"
        assert time.monotonic() < deadline, "no staging folder appeared"
        time.sleep(0.01)
    return process


@contextmanager
def signals_as_in_a_terminal() -> Iterator[None]:
    """Undo what a test run in the background does: it ignores Ctrl-C, and what it starts inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_killed_export_leaves_the_old_engine_and_the_next_run_cleans_up(
    command: list[str], run: Run, repository: Path, home: Path
) -> None:
    before = digests(repository)
    with start_and_reach_staging(command, repository, home) as process:
        process.kill()
    assert {name: digest for name, digest in digests(repository).items() if ".staging-" not in name} == before
    assert list(repository.glob("**/.staging-*"))
    assert run("--missing", "--repository", repository, "--weights-dir", home).returncode == 0
    assert digests(repository) == before


def test_ctrl_c_cleans_up_by_itself(command: list[str], repository: Path, home: Path) -> None:
    before = digests(repository)
    with start_and_reach_staging(command, repository, home) as process:
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert told == b"export: interrupted; what was there before is untouched\n"
    assert digests(repository) == before
