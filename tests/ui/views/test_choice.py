"""The tasks on the page are those of the gateway."""

from __future__ import annotations

from ui.gateway.answers import Models
from ui.views.choice import _offer, _offered

KNOWN = ["detect", "classify"]


def models(*tasks: str) -> Models:
    facts = {"engine": "e", "version": "1", "weights": "official"}
    return Models.model_validate({"models": [{"name": task, "task": task, **facts} for task in tasks]})


def test_every_task_that_is_listed_is_offered_the_known_ones_first() -> None:
    names = _offered(models("caption", "classify", "detect", "pose"), unknown=True)
    assert names == [*KNOWN, "caption", "pose"]
    assert _offer(names, "detect").choices[1:3] == [("Classify", "classify"), ("Caption", "caption")]


def test_what_was_chosen_is_not_set_again_because_a_visitor_may_have_chosen_otherwise_meanwhile() -> None:
    assert "value" not in _offer(KNOWN, "detect").constructor_args


def test_where_answers_must_be_drawn_only_known_tasks_are_offered() -> None:
    assert _offered(models("caption", "classify", "detect"), unknown=False) == KNOWN


def test_a_task_that_is_gone_is_not_chosen_any_more() -> None:
    assert _offer(_offered(models("classify"), unknown=True), "detect").value == "classify"


def test_before_the_gateway_answers_there_is_something_to_choose() -> None:
    assert _offered(models(), unknown=True) == KNOWN
