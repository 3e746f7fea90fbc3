"""Which model is chosen when models become known."""

from __future__ import annotations

import pytest

from ui.gateway.answers import Model
from ui.views.model_box import offering

MODELS = [
    Model(name=name, task="detect", engine=engine, version="1", weights="official")
    for name, engine in (("detect", "small"), ("detect_large", "large"))
]


def test_they_are_offered_by_their_engines() -> None:
    assert offering(MODELS).choices == [("small", "detect"), ("large (detect_large)", "detect_large")]


@pytest.mark.parametrize(
    ("models", "chosen", "place", "value"),
    [(2, None, 0, "detect"), (2, None, 1, "detect_large"), (1, None, 1, "detect"), (0, None, 0, None),
     (2, "gone", 1, "detect_large"), (0, "detect", 0, None)],
)  # fmt: skip
def test_one_is_chosen_for_those_who_have_not(models: int, chosen: str | None, place: int, value: str | None) -> None:
    assert offering(MODELS[:models], chosen, place).constructor_args["value"] == value


def test_what_somebody_has_chosen_is_left_alone() -> None:
    assert "value" not in offering(MODELS, "detect_large").constructor_args
