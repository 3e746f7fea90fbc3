"""Objects and their boxes."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from gateway.drawing.canvas import Box, Canvas
from gateway.drawing.label import Label
from gateway.tasks.base import Envelope, Parameters, Result, Task, rounded
from gateway.triton.tensors import Tensor, fp32, int32

MAX_DETECTIONS = 1000
MAX_CLASSES = 1000
INT32_MAX = 2**31 - 1


class DetectParameters(Parameters):
    confidence: float | None = Field(None, ge=0, le=1, description="Least confidence of a detection.")
    iou: float | None = Field(
        None, ge=0, le=1, description="Overlap (intersection over union) above which the less confident box is dropped."
    )
    max_detections: int | None = Field(None, ge=1, le=MAX_DETECTIONS, description="Most detections, best first.")
    classes: list[Annotated[int, Field(ge=0, le=INT32_MAX)]] | None = Field(
        None, max_length=MAX_CLASSES, description="Only these classes, by id; repeat the parameter for several."
    )


class Detection(TypedDict):
    """A box in pixels of the picture as displayed, to a thousandth; confidence is 0 to 1."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float
    confidence: float
    class_id: int
    label: str


class DetectAnswer(Envelope):
    detections: list[Detection]


def _inputs(parameters: DetectParameters) -> Iterator[Tensor]:
    if parameters.confidence is not None:
        yield fp32("confidence", parameters.confidence)
    if parameters.iou is not None:
        yield fp32("iou", parameters.iou)
    if parameters.max_detections is not None:
        yield int32("max_detections", parameters.max_detections)
    if parameters.classes:
        yield int32("classes", *parameters.classes)


def _answer(result: Result) -> DetectAnswer:
    return {**result.envelope(), "detections": list(_detections(result))}


def _detections(result: Result) -> Iterator[Detection]:
    outputs = result.outputs
    sides = iter(rounded(outputs.floats("boxes"), 3))
    boxes = zip(sides, sides, sides, sides, strict=True)
    scores = rounded(outputs.floats("scores"), 6)
    rows = zip(boxes, scores, outputs.ints("class_ids"), outputs.strings("labels"), strict=True)
    for (x_min, y_min, x_max, y_max), score, class_id, label in rows:
        yield {
            "x_min": x_min,
            "y_min": y_min,
            "x_max": x_max,
            "y_max": y_max,
            "confidence": score,
            "class_id": class_id,
            "label": label,
        }


def _draw(canvas: Canvas, answer: DetectAnswer) -> None:
    canvas.boxes([_labelled(one) for one in answer["detections"]])  # the most confident ones come first


def _labelled(one: Detection) -> tuple[Box, Label]:
    box = (one["x_min"], one["y_min"], one["x_max"], one["y_max"])
    return box, Label(one["label"], one["confidence"], one["class_id"])


DETECT: Task[DetectParameters, DetectAnswer] = Task("detect", DetectParameters, _inputs, _answer, _draw)
