"""What a task brings along to be shown: its controls, what it asks for, and what of its answer is to be drawn.

How it is drawn lies in `static/render/<name>.js`; a task without such a file is shown as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ui.gateway.answers import Envelope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.pictures import Picture


@dataclass(frozen=True, slots=True)
class Control:
    """A slider. With `in_browser` it changes what is shown, without asking the gateway again."""

    name: str
    label: str
    info: str
    minimum: float
    maximum: float
    step: float
    default: float
    in_browser: bool = False


class Task:
    """A task of which nothing is known but its name. Tasks that are known override what they do better."""

    answer: type[Envelope] = Envelope
    controls: tuple[Control, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def title(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def asks(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Return the gateway's parameters for what the controls say, where the browser filters afterwards."""
        return self.typed(values)

    def typed(self, values: Mapping[str, float]) -> dict[str, Any]:
        """Return the values of the controls as the gateway takes them: whole numbers where only these make sense."""
        return {one.name: int(values[one.name]) if one.step == 1 else values[one.name] for one in self.controls}

    def rescaled(self, answer: Envelope, _: Picture) -> Envelope:
        """Return the answer in pixels of the original picture."""
        return answer

    def shows(self, answer: Envelope) -> dict[str, Any]:
        """Return what the browser draws, beside what all answers say."""
        return {"raw": answer.model_dump(mode="json", exclude=set(Envelope.model_fields))}
