"""What a picture shows as a whole."""

from collections.abc import Iterator

from pydantic import Field
from typing_extensions import TypedDict

from gateway.drawing.canvas import Canvas
from gateway.drawing.label import Label
from gateway.drawing.ranking import draw_ranking
from gateway.tasks.base import Envelope, Parameters, Result, Task, rounded
from gateway.triton.tensors import Tensor, int32

MAX_TOP_K = 1000
DRAWN = 5  # more would cover the picture


class ClassifyParameters(Parameters):
    top_k: int | None = Field(None, ge=1, le=MAX_TOP_K, description="Number of classes, best first.")


class Classification(TypedDict):
    """Confidence is 0 to 1, and 1 over all classes together."""

    class_id: int
    label: str
    confidence: float


class ClassifyAnswer(Envelope):
    classifications: list[Classification]


def _inputs(parameters: ClassifyParameters) -> Iterator[Tensor]:
    if parameters.top_k is not None:
        yield int32("top_k", parameters.top_k)


def _answer(result: Result) -> ClassifyAnswer:
    return {**result.envelope(), "classifications": list(_classifications(result))}


def _classifications(result: Result) -> Iterator[Classification]:
    outputs = result.outputs
    scores = rounded(outputs.floats("scores"), 6)
    rows = zip(outputs.ints("class_ids"), outputs.strings("labels"), scores, strict=True)
    for class_id, label, score in rows:
        yield {"class_id": class_id, "label": label, "confidence": score}


def _draw(canvas: Canvas, answer: ClassifyAnswer) -> None:
    best = answer["classifications"][:DRAWN]
    draw_ranking(canvas, [Label(one["label"], one["confidence"], one["class_id"]) for one in best])


CLASSIFY: Task[ClassifyParameters, ClassifyAnswer] = Task("classify", ClassifyParameters, _inputs, _answer, _draw)
