"""What the gateway answers, checked on arrival. Fields that are not known are let pass: the gateway may be newer."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

UNTRAINED = "untrained"


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Model(Answer):
    """A pipeline on offer."""

    name: str
    task: str
    engine: str
    version: str
    weights: str
    file: str | None = None
    sha256: str | None = None
    licence: str | None = None
    defaults: dict[str, float] = Field(default_factory=dict)
    ready: bool = True

    @property
    def title(self) -> str:
        return self.engine if self.name == self.task else f"{self.engine} ({self.name})"


class Models(Answer):
    models: tuple[Model, ...] = ()

    def __hash__(self) -> int:
        # Gradio tells by it whether its state has changed; the models hold dictionaries, which have none.
        return hash(self.model_dump_json())

    @property
    def tasks(self) -> tuple[str, ...]:
        """Return the tasks on offer, in the order of the list."""
        return tuple(dict.fromkeys(model.task for model in self.models))

    def of(self, task: str) -> tuple[Model, ...]:
        return tuple(model for model in self.models if model.task == task)

    @property
    def untrained(self) -> tuple[Model, ...]:
        return tuple(model for model in self.models if model.weights == UNTRAINED)


class Size(Answer):
    width: int = Field(gt=0)
    height: int = Field(gt=0)


class Envelope(Answer):
    """What every answer about a picture says beside its results."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str
    version: str
    weights: str
    image: Size
    inference_time_ms: float = Field(ge=0)
    request_id: str = ""


class Detection(Answer):
    """A box in pixels of the picture that was sent."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float
    confidence: float = Field(ge=0, le=1)
    class_id: int = Field(ge=0)
    label: str


class Detections(Envelope):
    detections: tuple[Detection, ...]


class Classification(Answer):
    class_id: int = Field(ge=0)
    label: str
    confidence: float = Field(ge=0, le=1)


class Classifications(Envelope):
    classifications: tuple[Classification, ...]


class Problem(Answer):
    """An error as RFC 9457 has it."""

    type: str = ""
    title: str = ""
    detail: str = ""
    hint: str = ""
    request_id: str = ""
    errors: tuple[dict[str, Any], ...] = ()

    @property
    def slug(self) -> str:
        return self.type.rpartition("/")[2]

    @property
    def sentence(self) -> str:
        fields = "; ".join(f"{error.get('field')}: {error.get('message')}" for error in self.errors)
        return " ".join(part for part in (self.detail, f"({fields})" if fields else "", self.hint) if part)
