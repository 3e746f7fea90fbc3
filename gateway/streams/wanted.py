"""What a session is asked for: by its address at first, by messages later."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError, from_json
from starlette.datastructures import QueryParams

from gateway.errors import BadParameter
from gateway.tasks import TASKS
from gateway.tasks.base import Parameters, Task
from gateway.tasks.reading import validated, values

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
        task = TASKS.get(query.get("task", ""))
        return _wanted(values(task.parameters if task else _General, query), strict=False)

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


def _wanted(given: dict[str, Any], *, strict: bool) -> Wanted:
    general = validated(_General, given, strict=strict)
    task = TASKS[general.task]
    own = {name: value for name, value in given.items() if name not in _General.model_fields}
    return Wanted(task, validated(task.parameters, own, strict=strict), general.annotate)


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
