"""What is taken along: a ZIP with results as JSON and CSV, and the annotated pictures."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_STORED, ZipFile

import pytest

from ui.batch.archive import archive, table
from ui.batch.batch import Batch, Item
from ui.gateway.answers import Classifications, Detections, Envelope

if TYPE_CHECKING:
    from pathlib import Path

ENVELOPE = {
    "model": "yolov8n",
    "version": "1",
    "weights": "untrained",
    "image": {"width": 640, "height": 480},
    "inference_time_ms": 1.0,
}
CORNERS = {"x_min": 1.5, "y_min": 2.0, "x_max": -3.0, "y_max": 4.0}


def detected(*labels: str) -> Detections:
    found = [{**CORNERS, "confidence": 0.5, "class_id": 0, "label": label} for label in labels]
    return Detections.model_validate({**ENVELOPE, "detections": found})


def batch(*items: Item, task: str = "detect") -> Batch:
    return Batch(task, {"confidence": 0.4}, list(items))


def item(name: str, answer: Envelope | None = None, **rest: Any) -> Item:
    return Item(name, "", answer=answer, **rest)


def rows(of: Batch) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table(of))))


def packed(of: Batch) -> ZipFile:
    return ZipFile(io.BytesIO(archive(of)))


def test_a_line_for_everything_found_and_one_for_each_file_without() -> None:
    told = rows(batch(item("a.jpg", detected("dog", "cat")), item("b.jpg", detected()), item("c.jpg", problem="Torn.")))
    assert [(row["file"], row["label"], row["error"]) for row in told] == [
        ("a.jpg", "dog", ""),
        ("a.jpg", "cat", ""),
        ("b.jpg", "", ""),
        ("c.jpg", "", "Torn."),
    ]
    assert [float(told[0][name]) for name in CORNERS] == list(CORNERS.values())


def test_classes_are_a_table_too() -> None:
    classes = [{"class_id": 1, "label": "lion", "confidence": 0.75}]
    answer = Classifications.model_validate({**ENVELOPE, "classifications": classes})
    assert rows(batch(item("a.jpg", answer), task="classify")) == [
        {"file": "a.jpg", "class_id": "1", "label": "lion", "confidence": "0.75"}
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_no_spreadsheet_takes_a_name_or_a_label_for_a_formula(start: str) -> None:
    formula = start + 'HYPERLINK("http://evil.example")'
    (row,) = rows(batch(item(formula, detected(formula))))
    assert row["file"] == row["label"] == f"'{formula}"


def test_negative_numbers_stay_numbers() -> None:
    assert rows(batch(item("a.jpg", detected("dog"))))[0]["x_max"] == "-3.0"


def test_commas_quotes_and_lines_in_names_stay_in_their_cell() -> None:
    name = 'a,"b"\nc.jpg'
    assert [row["file"] for row in rows(batch(item(name, detected("x"))))] == [name]


def test_nothing_is_a_table_without_lines() -> None:
    assert table(batch()) == "file\n"


def test_the_document_says_what_was_asked_and_what_came_of_each_file() -> None:
    with packed(batch(item("a.jpg", detected("dog")), item("b.jpg", problem="Torn."), item("c.jpg"))) as content:
        told = json.loads(content.read("results.json"))
    assert told["task"] == "detect"
    assert told["parameters"] == {"confidence": 0.4}
    assert [one["file"] for one in told["files"]] == ["a.jpg", "b.jpg", "c.jpg"]
    assert told["files"][0]["weights"] == "untrained"
    assert told["files"][0]["detections"][0]["label"] == "dog"
    assert told["files"][1]["error"] == "Torn."
    assert told["files"][2]["error"]


def test_pictures_of_the_same_name_do_not_replace_one_another(tmp_path: Path) -> None:
    kept = [tmp_path / "one", tmp_path / "two"]
    for path in kept:
        path.write_bytes(path.name.encode())
    with packed(batch(*(item("a.png", detected(), annotated=str(path)) for path in kept))) as content:
        assert content.read("annotated/001-a.jpg") == b"one"
        assert content.read("annotated/002-a.jpg") == b"two"
        assert content.getinfo("annotated/001-a.jpg").compress_type == ZIP_STORED


def test_a_picture_that_is_deleted_already_is_left_out(tmp_path: Path) -> None:
    with packed(batch(item("a.jpg", detected(), annotated=str(tmp_path / "gone")))) as content:
        assert content.namelist() == ["results.json", "results.csv"]


@pytest.mark.parametrize("name", ["../../evil.jpg", "..\\..\\evil.jpg", "/etc/evil.jpg", "C:\\evil.jpg"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "kept").write_bytes(b"x")
    with packed(batch(item(name, detected(), annotated=str(tmp_path / "kept")))) as content:
        assert content.namelist()[-1] == "annotated/001-evil.jpg"
