"""The command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.bench.options import parse


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


def test_precisions_are_the_usual_ones_or_those_that_are_named_each_once_and_in_order() -> None:
    assert parse(["--images", "x"], usual=("f32", "bf16")).precisions == ("f32", "bf16")
    assert parse(["--images", "x", "--precision", "bf16"]).precisions == ("bf16",)
    named = parse(["--images", "x", "--precision", "int8", "f32", "int8"], usual=("f32",))
    assert named.precisions == ("f32", "int8")


def test_int8_is_calibrated_on_the_pictures_sent_unless_a_folder_is_named() -> None:
    assert parse(["--images", "x"]).calibration == Path("x")
    assert parse(["--images", "x", "--calibration", "y"]).calibration == Path("y")


def test_a_calibration_of_nothing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--images", "x", "--calibration", "y"], usual=("f32", "bf16"))
    assert "--calibration is for --precision int8, not f32 and bf16" in capsys.readouterr().err


def test_a_run_is_judged_by_what_it_sends_and_by_what_is_labelled() -> None:
    options = parse(["--images", "x", "--class-labels", "classes/labels.txt"])
    assert options.judging() == [Path("x"), Path("classes/images")]


def test_the_report_names_no_folder() -> None:
    assert "/secret" not in str(
        parse(["--images", "/secret", "--weights", "/secret", "--calibration", "/secret"]).told(3)
    )
