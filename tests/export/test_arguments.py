"""What does not fit together is refused before anything is done."""

from pathlib import Path

import pytest

from export.arguments import parse


def test_onnx_is_the_default() -> None:
    options = parse([])
    assert (options.format, options.models, options.max_batch) == ("onnx", [], 16)


def test_a_plan_is_fp16_unless_told_otherwise() -> None:
    assert parse(["--format", "tensorrt"]).precision == "fp16"
    assert parse(["--format", "tensorrt", "--precision", "fp32"]).precision == "fp32"


def test_int8_comes_with_pictures() -> None:
    options = parse(["--format", "tensorrt", "--precision", "int8", "--calibration", "photos"])
    assert options.calibration == Path("photos")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("--precision fp16", "--precision and --calibration are for --format tensorrt"),
        ("--calibration photos", "--precision and --calibration are for --format tensorrt"),
        ("--format tensorrt --precision int8", "--precision int8 needs --calibration"),
        ("--format tensorrt --calibration photos", "--calibration is for --precision int8, not fp16"),
        ("--format tensorrt --precision bf16", "invalid choice"),
        ("--format torch", "invalid choice"),
        ("--max-batch 0", "'0' is not a positive number"),
        ("yolov9000", "there are yolov8n, resnet50"),
    ],
)
def test_refusals(line: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        parse(line.split())
    assert reason in capsys.readouterr().err
