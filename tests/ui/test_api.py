"""Programs use the page's named endpoints, `/detect` and `/classify`, with Gradio's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests.ui import colours

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.settings import Settings

RECTANGLES: dict[str, colours.Box] = {"red": (300, 400, 1100, 2000), "yellow": (2300, 1200, 3000, 2100)}


@pytest.fixture(scope="module")
def client(ui_stack: Settings) -> Iterator[Client]:
    connected = Client(str(ui_stack.ui_url), verbose=False, analytics_enabled=False)
    yield connected
    connected.close()


@pytest.fixture
def picture(tmp_path: Path) -> Any:
    """Return a picture that is larger than what the page sends on."""
    path = tmp_path / "picture.jpg"
    path.write_bytes(colours.picture(3200, 2400, RECTANGLES, "JPEG"))
    return handle_file(path)


def test_objects_are_told_in_pixels_of_the_picture(client: Client, picture: Any) -> None:
    answer = client.predict(picture, api_name="/detect")
    found = {one["label"]: (one["x_min"], one["y_min"], one["x_max"], one["y_max"]) for one in answer["detections"]}
    assert found.keys() == RECTANGLES.keys()
    for label, box in found.items():
        assert box == pytest.approx(RECTANGLES[label], abs=15)  # three pixels of the engine's 640
    assert answer["image"] == {"width": 3200, "height": 2400}


def test_parameters_have_the_names_of_the_gateway(client: Client, picture: Any) -> None:
    sure = client.predict(picture, confidence=0.9, iou=0.5, model="detect", api_name="/detect")
    assert [one["label"] for one in sure["detections"]] == ["red"]
    best = client.predict(picture, top_k=2, api_name="/classify")
    assert len(best["classifications"]) == 2
    assert best["weights"] == "untrained"


def test_what_cannot_be_answered_is_said(client: Client, picture: Any, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a picture")
    with pytest.raises(AppError, match="not a JPEG, PNG or WebP picture"):
        client.predict(handle_file(tmp_path / "notes.txt"), api_name="/detect")
    with pytest.raises(AppError, match="model"):
        client.predict(picture, model="nobody", api_name="/detect")


def test_files_of_the_server_cannot_be_asked_for(client: Client) -> None:
    path = {"path": "/etc/hostname", "meta": {"_type": "gradio.FileData"}}
    with pytest.raises(AppError):
        client.predict(path, api_name="/detect")


def test_only_what_is_meant_for_programs_is_offered(client: Client) -> None:
    offered = client.view_api(return_format="dict", print_info=False)
    assert isinstance(offered, dict)
    assert set(offered["named_endpoints"]) == {"/detect", "/classify"}
    assert offered["unnamed_endpoints"] == {}
