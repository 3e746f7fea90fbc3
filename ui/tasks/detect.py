"""Objects and their boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ui.gateway.answers import Detection, Detections, Envelope
from ui.tasks.base import Control, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.pictures import Picture

# All above this come with one request; the slider then filters in the browser. Non-maximum suppression goes from the
# most confident box down, so what is filtered afterwards is exactly what a higher threshold would have left out.
FLOOR = 0.05


class Detect(Task):
    answer = Detections
    controls = (
        Control("confidence", "Confidence", "Hides what the model is less sure of.", FLOOR, 1, 0.01, 0.25, True),  # noqa: FBT003
        Control(
            "iou", "Overlap (IoU)", "Of boxes that overlap more than this, only the surest stays.", 0, 1, 0.05, 0.7
        ),
    )

    def asks(self, values: Mapping[str, float]) -> dict[str, Any]:
        return {**super().asks(values), "confidence": FLOOR}

    def rescaled(self, answer: Envelope, picture: Picture) -> Envelope:
        assert isinstance(answer, Detections)  # noqa: S101 - narrows what the client checked
        x, y = picture.scale(answer.image.width, answer.image.height)
        size = {"width": picture.width, "height": picture.height}
        boxes = [_scaled(one, x, y) for one in answer.detections]
        return Detections.model_validate(
            {**answer.model_dump(), "image": size, "detections": [box.model_dump() for box in boxes]}
        )

    def shows(self, answer: Envelope) -> dict[str, Any]:
        assert isinstance(answer, Detections)  # noqa: S101
        return {"detections": [one.model_dump() for one in answer.detections]}


def _scaled(one: Detection, x: float, y: float) -> Detection:
    return one.model_copy(
        update={
            "x_min": round(one.x_min * x, 3),
            "y_min": round(one.y_min * y, 3),
            "x_max": round(one.x_max * x, 3),
            "y_max": round(one.y_max * y, 3),
        }
    )
