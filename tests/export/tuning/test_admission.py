import io

import pytest

from export.console import Console
from export.errors import PrecisionError
from export.tuning.admission import Gate

FAMILIES = [["coarse", "fine"], ["other"]]


def gate(accuracies: dict[str, float], asked: list[str]) -> Gate:
    def accuracy(precision: str) -> float:
        asked.append(precision)
        return accuracies[precision]

    return Gate(accuracy, 0.01, Console(io.StringIO()))


def test_the_first_of_each_family_that_is_good_enough_is_admitted() -> None:
    asked: list[str] = []
    accuracies = {"f32": 0.5, "coarse": 0.48, "fine": 0.495, "other": 0.6}
    admission = gate(accuracies, asked).admit(FAMILIES)
    assert admission.precisions == ["f32", "fine", "other"]
    assert admission.accuracies == accuracies


def test_what_is_finer_than_needed_is_not_even_measured() -> None:
    asked: list[str] = []
    gate({"f32": 0.5, "coarse": 0.5, "other": 0.1}, asked).admit(FAMILIES)
    assert asked == ["f32", "coarse", "other"]


def test_fp32_is_always_admitted() -> None:
    assert gate({"f32": 0.5, "coarse": 0, "fine": 0, "other": 0}, []).admit(FAMILIES).precisions == ["f32"]


def test_one_that_is_insisted_on_stands_alone() -> None:
    assert gate({"f32": 0.5, "coarse": 0.495}, []).insist("coarse").precisions == ["coarse"]
    assert gate({"f32": 0.5}, []).insist("f32").precisions == ["f32"]


def test_insisting_does_not_lower_the_guard() -> None:
    with pytest.raises(PrecisionError, match=r"coarse refused: .* falls by 0\.0200, more than the 0\.01 of --drop"):
        gate({"f32": 0.5, "coarse": 0.48}, []).insist("coarse")
