import json
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from gateway.errors import BadParameter
from gateway.streams.wanted import MAX_MESSAGE, Wanted
from gateway.tasks.classification import CLASSIFY
from gateway.tasks.detection import DETECT, DetectParameters


def wanted(query: str) -> Wanted:
    return Wanted.from_query(QueryParams(query))


def detecting(**parameters: Any) -> DetectParameters:
    return DetectParameters.model_validate(parameters)


def changed(query: str, **message: Any) -> Wanted:
    return wanted(query).changed(json.dumps(message))


def test_address() -> None:
    found = wanted("task=detect&confidence=0.4&classes=1&classes=2&annotate=true&model=yolov8n")
    assert found == Wanted(DETECT, detecting(confidence=0.4, classes=[1, 2], model="yolov8n"), annotate=True)


def test_one_class_is_a_list_too() -> None:
    assert wanted("task=detect&classes=7").parameters == detecting(classes=[7])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "task"),
        ("task=paint", "task"),
        ("task=detect&confidence=2", "confidence"),
        ("task=detect&top_k=2", "top_k"),
        ("task=detect&classes=a", "classes.0"),
        ("task=detect&annotate=maybe", "annotate"),
    ],
)
def test_a_bad_address_names_the_field(query: str, field: str) -> None:
    with pytest.raises(BadParameter) as refused:
        wanted(query)
    assert [one.field for one in refused.value.fields] == [field]


def test_a_message_changes_what_it_names() -> None:
    found = changed("task=detect&confidence=0.4&iou=0.5&annotate=true", confidence=0.9)
    assert found == Wanted(DETECT, detecting(confidence=0.9, iou=0.5), annotate=True)


def test_null_is_the_default() -> None:
    assert changed("task=detect&confidence=0.4", confidence=None).parameters == detecting()


def test_another_task_begins_with_its_own_defaults() -> None:
    found = changed("task=detect&confidence=0.4&annotate=true", task="classify")
    assert found == Wanted(CLASSIFY, CLASSIFY.parameters.model_validate({}), annotate=True)


@pytest.mark.parametrize(
    "message",
    [
        *('{"confidence": 2}', '{"confidence": "0.5"}', '{"confidence": NaN}', '{"confidnce": 0.5}'),
        *('{"task": "paint"}', '{"task": 7}', '{"annotate": 1}', "", "junk", "[]", "null", "7", "{", "[" * 10_000),
        '"' + "x" * MAX_MESSAGE + '"',
    ],
)
def test_a_bad_message_is_refused(message: str) -> None:
    with pytest.raises(BadParameter):
        wanted("task=detect").changed(message)


def test_the_document_names_everything_that_can_be_set() -> None:
    document = changed("task=classify&top_k=2", top_k=3).document()
    assert document == {"task": "classify", "annotate": False, "model": None, "deadline_ms": None, "top_k": 3}
    assert wanted("task=classify").changed(json.dumps(document)).document() == document
