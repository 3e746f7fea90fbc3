"""What a picture shows as a whole."""

from __future__ import annotations

from typing import Any

from ui.gateway.answers import Classifications, Envelope
from ui.tasks.base import Control, Task


class Classify(Task):
    answer = Classifications
    controls = (Control("top_k", "Classes", "How many of the most probable classes are shown.", 1, 20, 1, 5),)

    def shows(self, answer: Envelope) -> dict[str, Any]:
        assert isinstance(answer, Classifications)  # noqa: S101 - narrows what the client checked
        return {"classifications": [one.model_dump() for one in answer.classifications]}
