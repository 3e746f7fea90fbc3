"""`python -m export --format tensorrt`: what it leaves behind, and what it leaves alone.

There is no GPU here: see `without_gpu.py` for what takes TensorRT's place, and for what is real.
"""

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.pixels import pictures
from tests.repositories import ROOT

if TYPE_CHECKING:
    import subprocess

Run = Callable[..., "subprocess.CompletedProcess[str]"]
STAND_IN = ROOT / "tests/export/plan/without_gpu.py"


@pytest.fixture(scope="session")
def build(warm: Run) -> Run:
    """Run the command with `--format tensorrt` and something in TensorRT's place."""

    def run(*arguments: object, fault: str = "none", gpu: str = "NVIDIA L4") -> "subprocess.CompletedProcess[str]":
        return warm(STAND_IN, fault, gpu, "--format", "tensorrt", *arguments)

    return run


@pytest.fixture(scope="session")
def planned(build: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with FP16 plans of every model; read-only, because all tests share it."""
    folder = tmp_path_factory.mktemp("planned")
    done = build("--repository", folder / "models", "--weights-dir", folder, "--allow-untrained", "--max-batch", 4)
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    return folder / "models"


@pytest.fixture(scope="session")
def small(build: Run, small_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the FP16 plan of a small detector; `repository` is a copy."""
    folder = tmp_path_factory.mktemp("small") / "models"
    done = build("yolov8n", "--repository", folder, "--weights-dir", small_weights, "--max-batch", 1)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def repository(small: Path, tmp_path: Path) -> Path:
    """Return a repository with a plan that a test may change."""
    return Path(shutil.copytree(small, tmp_path / "models"))


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    for index, pixels in enumerate(pictures(20, 120, 160)):
        Image.fromarray(pixels).save(folder / f"{index:02}.png")
    return folder


def digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def config(path: Path) -> ModelConfig:
    return text_format.Parse(path.read_text(), ModelConfig())


def record(engine: Path) -> dict[str, object]:
    told: dict[str, object] = json.loads((engine / "plan.json").read_text())
    return told


def test_the_plan_lies_beside_the_graph(planned: Path) -> None:
    engine = {"config.pbtxt", "configs/gpu.pbtxt", "labels.txt", "parity.json", "plan.json"}
    for name in ("yolov8n", "resnet50"):
        assert set(digests(planned / name)) == {*engine, "1/model.onnx", "1/model.plan"}


def test_a_gpu_is_given_the_plan_and_a_cpu_the_graph(planned: Path) -> None:
    gpu, cpu = config(planned / "yolov8n/configs/gpu.pbtxt"), config(planned / "yolov8n/config.pbtxt")
    assert (gpu.backend, gpu.default_model_filename, gpu.max_batch_size) == ("tensorrt", "model.plan", 4)
    assert (list(gpu.input[0].dims), list(gpu.output[0].dims)) == ([640, 640, 3], [1000, 6])
    assert [(each.count, each.kind) for each in gpu.instance_group] == [(1, 1)]  # KIND_GPU
    assert (cpu.backend, cpu.default_model_filename) == ("openvino", "model.onnx")
    assert list(cpu.input[0].dims) == [-1, -1, 3]


def test_the_record_says_what_for_and_how_well(planned: Path) -> None:
    told = record(planned / "yolov8n")
    assert (told["gpu"], told["compute_capability"], told["tensorrt"]) == ("NVIDIA L4", "8.9", "11.4.0.106")
    assert (told["precision"], told["max_batch"]) == ("fp16", 4)
    files = digests(planned / "yolov8n")
    assert (told["onnx_sha256"], told["plan_sha256"]) == (files["1/model.onnx"], files["1/model.plan"])
    proofs = told["proofs"]
    assert isinstance(proofs, dict)
    assert {case["batch"] for case in proofs["plan"]["cases"]} == {1, 2, 3, 4}


def test_it_prints_both_proofs(planned: Path) -> None:
    printed = (planned.parent / "stdout.txt").read_text()
    for subject in ("ONNX", "the graph in fp16", "the plan in fp16"):
        assert printed.count(f"{subject} against PyTorch") == 2
    assert "build a plan for NVIDIA L4 (8.9), TensorRT 11.4.0.106" in printed
    assert "Building" not in printed, "progress is for terminals"


def test_what_fits_is_left_alone(build: Run, planned: Path, tmp_path: Path) -> None:
    before = digests(planned)
    arguments = ("--repository", planned, "--weights-dir", tmp_path, "--max-batch", 4)
    assert build("--missing", *arguments).stdout == "yolov8n: up to date\nresnet50: up to date\n"
    assert build("--check", *arguments).returncode == 0
    assert digests(planned) == before


def test_a_plan_for_another_gpu_is_told_apart_and_rebuilt(build: Run, repository: Path, small_weights: Path) -> None:
    arguments = ("yolov8n", "--repository", repository, "--weights-dir", small_weights, "--max-batch", 1)
    reason = "yolov8n: built for NVIDIA L4 (8.9), this is NVIDIA L40S (8.9)\n"
    checked = build("--check", *arguments, gpu="NVIDIA L40S")
    assert (checked.returncode, checked.stdout) == (1, reason)
    rebuilt = build("--missing", *arguments, gpu="NVIDIA L40S")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rebuilt.stdout.startswith(reason)
    assert record(repository / "yolov8n")["gpu"] == "NVIDIA L40S"
    assert build("--check", *arguments, gpu="NVIDIA L40S").returncode == 0


def test_an_onnx_export_that_misses_nothing_leaves_the_plan(run: Run, repository: Path, small_weights: Path) -> None:
    before = digests(repository)
    done = run("yolov8n", "--missing", "--repository", repository, "--weights-dir", small_weights)
    assert (done.returncode, done.stdout) == (0, "yolov8n: up to date\n")
    assert digests(repository) == before


def test_a_new_onnx_export_removes_the_plan(warm: Run, repository: Path, small_weights: Path) -> None:
    done = warm("-m", "export", "yolov8n", "--repository", repository, "--weights-dir", small_weights,
                "--max-batch", 1)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (repository / "yolov8n/1/model.plan").exists()
    assert not (repository / "yolov8n/plan.json").exists()
    assert config(repository / "yolov8n/configs/gpu.pbtxt").backend == "onnxruntime"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("build", "TensorRT cannot build a plan: OutOfMemory (Requested size was 4294967296 bytes.)"),
        ("full-disk", "[Errno 28] No space left on device"),
        ("load", "TensorRT cannot load the plan: Error Code 1: Serialization"),
        ("run", "yolov8n: the plan in fp16 does not run on"),
        ("not-a-number", "yolov8n: the plan in fp16 differs from PyTorch in 1 of 1 cases"),
        ("interrupt", "interrupted; what was there before is untouched"),
    ],
)
def test_what_goes_wrong_is_one_line_and_leaves_the_old_engine(
    build: Run, repository: Path, small_weights: Path, fault: str, told: str
) -> None:
    before = digests(repository)
    done = build("yolov8n", "--repository", repository, "--weights-dir", small_weights, "--max-batch", 1, fault=fault)
    assert done.returncode == (130 if fault == "interrupt" else 1)
    assert done.stderr.startswith(f"export: {told}")
    assert done.stderr.count("\n") == 1
    assert digests(repository) == before


def test_a_plan_that_mixes_up_a_batch_is_found(build: Run, repository: Path, small_weights: Path) -> None:
    before = digests(repository)
    done = build("yolov8n", "--repository", repository, "--weights-dir", small_weights, "--max-batch", 2, fault="wrong")
    assert done.returncode == 1
    assert "yolov8n: the plan in fp16 differs from PyTorch in 1 of 2 cases" in done.stderr
    assert digests(repository) == before


def test_int8_is_proved_by_answers_on_pictures_kept_back(build: Run, photos: Path, tmp_path: Path) -> None:
    arguments = ("resnet50", "--repository", tmp_path, "--weights-dir", tmp_path, "--allow-untrained",
                 "--max-batch", 2, "--precision", "int8", "--calibration", photos)  # fmt: skip
    done = build(*arguments)
    assert done.returncode == 0, done.stderr
    assert "resnet50: calibrate int8 on 16 pictures" in done.stdout
    assert "the plan in int8: 4 of 4 answers on 4 pictures are PyTorch's (100.0%)   ok" in done.stdout
    told = record(tmp_path / "resnet50")
    assert (told["precision"], len(str(told["calibration_sha256"]))) == ("int8", 64)
    assert build("--check", *arguments).returncode == 0


def test_int8_that_answers_otherwise_is_refused(build: Run, photos: Path, small_weights: Path, tmp_path: Path) -> None:
    done = build("yolov8n", "--repository", tmp_path, "--weights-dir", small_weights, "--max-batch", 1,
                 "--precision", "int8", "--calibration", photos)  # fmt: skip
    assert done.returncode == 1
    told = re.search(r"the graph in int8: (\d+) of (\d+) answers on 4 pictures are PyTorch's", done.stderr)
    assert told
    assert 0 < int(told[1]) < int(told[2])
    assert "at least 90% have to be: calibrate with more typical pictures, or choose fp16" in done.stderr
    assert not (tmp_path / "yolov8n").exists()


def test_a_picture_that_cannot_be_read_is_named(build: Run, photos: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(photos, tmp_path / "photos"))
    (broken / "01.png").write_bytes(np.zeros(99, np.uint8).tobytes())
    done = build("resnet50", "--repository", tmp_path / "models", "--weights-dir", tmp_path, "--allow-untrained",
                 "--precision", "int8", "--calibration", broken, "--max-batch", 1)  # fmt: skip
    assert done.returncode == 1
    assert f"export: {broken / '01.png'} is no picture that can be read" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_picture_that_only_the_first_model_can_read_is_named(
    build: Run, photos: Path, small_weights: Path, tmp_path: Path
) -> None:
    """OpenCV, which reads for the detector, knows a format more than PIL, which reads for the classifier."""
    mixed = Path(shutil.copytree(photos, tmp_path / "photos"))
    radiance = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 64 +X 64\n" + bytes(64 * 64 * 4)
    (mixed / "01.png").rename(mixed / "01.jpg").write_bytes(radiance)
    done = build("yolov8n", "resnet50", "--repository", tmp_path / "models", "--weights-dir", small_weights,
                 "--allow-untrained", "--precision", "int8", "--calibration", mixed, "--max-batch", 1,
                 "--tolerance", 10)  # fmt: skip
    assert "yolov8n: published" in done.stdout
    assert done.returncode == 1
    assert done.stderr == f"export: {mixed / '01.jpg'} is no picture that can be read: PIL does not know its format\n"


def test_without_tensorrt_it_says_where_to_go(run: Run, planned: Path, tmp_path: Path) -> None:
    before = digests(planned)
    for verb in ("--check", "--missing"):
        done = run("--format", "tensorrt", verb, "--repository", planned, "--weights-dir", tmp_path)
        assert done.returncode == 1
        assert done.stderr.startswith("export: no TensorRT here")
        assert done.stderr.endswith("docker compose run --rm plan\n")
        assert done.stderr.count("\n") == 1
    assert digests(planned) == before
