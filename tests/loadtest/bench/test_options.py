"""The command line, and the models' second precision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loadtest.bench.models import with_precision
from loadtest.bench.options import parse

if TYPE_CHECKING:
    from pathlib import Path


def test_quick_changes_defaults_and_leaves_what_is_given() -> None:
    quick = parse(["--images", "x", "--quick", "--rounds", "2"])
    assert (quick.rounds, quick.seconds, quick.clients) == (2, 2.0, (1, 8))
    assert parse(["--images", "x"]).clients == (1, 8, 32, 128)


def test_only_chooses_by_pattern() -> None:
    options = parse(["--images", "x", "--only", "detect-*", "--only", "litserve"])
    assert options.wants("detect-gateway-f32")
    assert options.wants("litserve")
    assert not options.wants("onnx-square")
    assert parse(["--images", "x"]).wants("anything")


def test_one_precision_or_both() -> None:
    assert parse(["--images", "x"]).precisions == ("f32", "bf16")
    assert parse(["--images", "x", "--precision", "bf16"]).precisions == ("bf16",)


def test_the_report_names_no_folder() -> None:
    assert "/secret" not in str(parse(["--images", "/secret", "--weights", "/secret"]).told(3))


def test_bf16_is_a_copy_that_asks_for_it_and_shares_the_engine(tmp_path: Path) -> None:
    for engine in ("yolov8n", "resnet50"):
        (tmp_path / "models" / engine / "1").mkdir(parents=True)
        (tmp_path / "models" / engine / "1/model.onnx").write_bytes(b"network")
        (tmp_path / "models" / engine / "config.pbtxt").write_text("name: 'engine'\n")
    assert with_precision(tmp_path / "models", "f32", tmp_path) == tmp_path / "models"
    copy = with_precision(tmp_path / "models", "bf16", tmp_path)
    assert "HINT_BF16" in (copy / "yolov8n/config.pbtxt").read_text()
    assert "HINT_BF16" not in (tmp_path / "models/yolov8n/config.pbtxt").read_text()
    assert (copy / "resnet50/1/model.onnx").is_symlink()
