"""The picture a person gives, as the path of the file that came."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

# For events that take files: Gradio would open them first, and its words for broken ones help nobody.
UNOPENED: dict[str, Any] = {"preprocess": False}
# For events that ask about a picture. One id: what is worked on at a time (UI_CONCURRENCY) is of all of them together.
ASKING: dict[str, Any] = {**UNOPENED, "concurrency_id": "gateway"}


def path_of(payload: dict[str, Any] | None) -> str | None:
    """Return where the file of a `gr.Image` lies. Gradio has checked that it is one that was uploaded."""
    return payload.get("path") if payload else None


def address(path: str) -> str:
    """Return where the browser finds a file of Gradio's cache, relative to the page."""
    return f"gradio_api/file={quote(path)}"
