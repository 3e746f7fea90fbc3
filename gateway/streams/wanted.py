"""What a session is asked for: by its address at first, by messages later."""

from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError, from_json
from starlette.datastructures import QueryParams

from gateway.errors import BadParameter, FieldError
from gateway.tasks import TASKS
from gateway.tasks.base import Parameters, Task

# Settings are short; a long text is a picture sent the wrong way, and costs time to parse.
MAX_MESSAGE = 16_384


def _known(name: str) -> str:
    if name not in TASKS:
        raise PydanticCustomError("unknown_task", "must be one of {tasks}", {"tasks": ", ".join(TASKS)})
    return name


class _General(BaseModel):
    """What a session can be told whatever its task is."""

    model_config = ConfigDict(extra="ignore")

    task: Annotated[str, AfterValidator(_known)]
    annotate: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """A task, its parameters, and whether each result is followed by the annotated picture."""

    task: Task[Any, Any]
    parameters: Parameters
    annotate: bool

    @classmethod
    def from_query(cls, query: QueryParams) -> "Wanted":
        """Read the address of a session; raises `BadParameter`."""
        given = {name: query.getlist(name) for name in query}
        return _wanted({name: _one_or_many(name, values, query) for name, values in given.items()}, strict=False)

    def changed(self, message: str) -> "Wanted":
        """Return what is wanted after `message`, a JSON object; raises `BadParameter`.

        What it does not name stays, unless it names a task: that begins with its own defaults. Null is the default.
        """
        change = _parsed(message)
        stays = {} if "task" in change else self.parameters.model_dump(exclude_none=True)
        return _wanted({"task": self.task.name, "annotate": self.annotate} | stays | change, strict=True)

    def document(self) -> dict[str, Any]:
        """Say everything that can be set; null stands for the pipeline's default."""
        return {"task": self.task.name, "annotate": self.annotate} | self.parameters.model_dump()


def _wanted(values: dict[str, Any], *, strict: bool) -> Wanted:
    try:
        general = _General.model_validate(values, strict=strict)
        task = TASKS[general.task]
        own = {name: value for name, value in values.items() if name not in _General.model_fields}
        return Wanted(task, task.parameters.model_validate(own, strict=strict), general.annotate)
    except ValidationError as error:
        fields = (FieldError(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors())
        raise BadParameter(fields=tuple(fields)) from error


def _parsed(message: str) -> dict[str, Any]:
    if len(message) > MAX_MESSAGE:
        raise BadParameter("Text messages are settings; pictures are sent as binary messages.")
    try:
        change = from_json(message, allow_inf_nan=False)
    except ValueError as error:
        raise BadParameter("The text message is no JSON.") from error
    if not isinstance(change, dict):
        raise BadParameter('The text message is no JSON object, such as {"confidence": 0.5}.')
    return change


def _one_or_many(name: str, values: list[str], query: QueryParams) -> Any:
    """Tell a list with one element from a value, as a query does not: by the task's parameters."""
    task = TASKS.get(query.get("task", ""))
    field = task.parameters.model_fields.get(name) if task else None
    kinds = get_args(field.annotation) if field else (NoneType,)
    return values if any(get_origin(kind) is list for kind in kinds) else values[-1]
