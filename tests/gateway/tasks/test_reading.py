import pytest

from gateway.errors import BadParameter
from gateway.tasks.classification import ClassifyParameters
from gateway.tasks.detection import DetectParameters
from gateway.tasks.reading import Given, read, validated


def test_texts_become_what_the_task_takes() -> None:
    given = Given([("confidence", "0.25"), ("classes", "3"), ("classes", "0"), ("max_detections", "7")])
    read_ones = read(DetectParameters, given).model_dump(exclude_none=True)
    assert read_ones == {"confidence": 0.25, "classes": [3, 0], "max_detections": 7}


def test_one_value_of_a_list_is_a_list() -> None:
    assert read(DetectParameters, Given([("classes", "3")])).classes == [3]


def test_nothing_given_is_the_default() -> None:
    assert read(ClassifyParameters, Given([])) == validated(ClassifyParameters, {})


def test_of_a_value_that_is_repeated_the_last_counts() -> None:
    assert read(ClassifyParameters, Given([("top_k", "3"), ("top_k", "5")])).top_k == 5


def test_every_wrong_field_is_named() -> None:
    with pytest.raises(BadParameter) as refused:
        read(DetectParameters, Given([("iou", "2"), ("classes", "1"), ("classes", "cat"), ("treshold", "0.5")]))
    assert [field.field for field in refused.value.fields] == ["iou", "classes.1", "treshold"]
    assert all(field.message for field in refused.value.fields)


def test_strictly_a_text_is_no_number() -> None:
    with pytest.raises(BadParameter):
        validated(ClassifyParameters, {"top_k": "3"}, strict=True)
