"""What all tasks share: parameters in, a result from Triton, an answer out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from gateway.drawing.canvas import Canvas
from gateway.pipelines import Pipeline
from gateway.triton.tensors import Outputs, Tensor

UNTRAINED = "untrained"
MAX_DEADLINE_MS = 86_400_000  # a day: what is granted is a setting


class Parameters(BaseModel):
    """What every task can be told. Names that are not known are refused: a misspelt threshold must not pass unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(
        None, max_length=128, description="A pipeline's or an engine's name from /v1/models; the default when left out."
    )
    deadline_ms: int | None = Field(
        None,
        ge=1,
        le=MAX_DEADLINE_MS,
        description="Time for the answer, after the upload, in milliseconds; the header `X-Deadline-Ms` says the same.",
    )


class ImageSize(TypedDict):
    """In pixels, as the picture is displayed: EXIF orientation applied."""

    width: int
    height: int


class Envelope(TypedDict):
    """What every answer says beside its results.

    Answers are plain dictionaries: they are built by us from tensors of known types, and checking each of hundreds of
    boxes again would cost more than everything else the gateway does.
    """

    model: Annotated[str, Field(description="The engine that looked at the picture.")]
    version: Annotated[str, Field(description="The engine's version.")]
    weights: Annotated[str, Field(description="Where its weights are from: official, custom or untrained.")]
    image: ImageSize
    inference_time_ms: Annotated[float, Field(description="Time Triton took, queues included, in milliseconds.")]
    request_id: str


@dataclass(frozen=True, slots=True)
class Result:
    """What Triton said about one picture; `elapsed_ms` is the time waited for it."""

    pipeline: Pipeline
    outputs: Outputs
    elapsed_ms: float
    request_id: str

    def envelope(self) -> Envelope:
        width, height = self.outputs.ints("image_size")
        return {
            "model": self.pipeline.engine,
            "version": self.pipeline.version,
            "weights": self.pipeline.weights,
            "image": {"width": width, "height": height},
            "inference_time_ms": round(self.elapsed_ms, 2),
            "request_id": self.request_id,
        }


def rounded(values: Iterable[float], digits: int) -> list[float]:
    """Return what `round` does, in a third of the time; for finite values of 32 bits and up to 12 digits.

    Those keep all their bits when they are multiplied, and so the only rounding is that to a whole number.
    """
    scale = 10**digits
    return [round(value * scale) / scale for value in values]


ParametersT = TypeVar("ParametersT", bound=Parameters)
AnswerT = TypeVar("AnswerT", bound=Envelope)


@dataclass(frozen=True, slots=True)
class Task(Generic[ParametersT, AnswerT]):
    """`name` is the task's in the configs of pipelines; `inputs` gives tensors only for what was set."""

    name: str
    parameters: type[ParametersT]
    inputs: Callable[[ParametersT], Iterable[Tensor]]
    answer: Callable[[Result], AnswerT]
    draw: Callable[[Canvas, AnswerT], None]

    def annotations(self, answer: AnswerT) -> Callable[[Canvas], None]:
        """Return what puts `answer` on a picture, and says there too when it is not to be trusted."""

        def put(canvas: Canvas) -> None:
            self.draw(canvas, answer)
            if answer["weights"] == UNTRAINED:
                canvas.banner("untrained weights")

        return put
