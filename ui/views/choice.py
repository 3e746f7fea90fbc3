"""What is asked of pictures in a view: a task, a model, and the settings of the task."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.tasks import known, task_of
from ui.views.controls import Controls
from ui.views.model_box import model_box, offering

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gradio.components import Component

    from ui.context import Context
    from ui.gateway.answers import Models

FIRST = "detect"
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


class Choice:
    """Made where its components are to stand. Offers the tasks that the gateway lists.

    Those that this page does not know, which are shown as JSON, only with `unknown`.
    """

    def __init__(self, context: Context, view: str, *, unknown: bool = False) -> None:
        titles = _titles(list(known()))
        self.task = gr.Radio(titles, value=FIRST, label="Task", elem_id=f"{view}-task")
        self.model = model_box(view)
        self._controls = Controls(f"#view-{view}", FIRST)
        inputs, settings = [context.models, self.task], [self.model, *self._controls.sliders]
        context.models.change(partial(_offer, unknown=unknown), inputs, [self.task], **QUIET).then(
            partial(_learn, self._controls), [*inputs, *settings], settings, **QUIET
        )
        self.changed = self.task.input(partial(_choose, self._controls), inputs, settings, **QUIET)
        """What happens when another task is chosen: `then` comes what needs its model and settings."""

    @property
    def asking(self) -> list[gr.Slider]:
        """Return the sliders whose change is a matter for the gateway."""
        return self._controls.asking

    @property
    def components(self) -> list[Component]:
        """Return what `parameters` reads."""
        return [self.task, self.model, *self._controls.sliders]

    def parameters(self, values: Sequence[Any]) -> tuple[str, dict[str, Any]]:
        """Return the task and the gateway's parameters for what the components say."""
        task, model, *_ = values
        return task, {"model": model, **task_of(task).typed(self.settings(values))}

    def settings(self, values: Sequence[Any]) -> dict[str, float]:
        """Return what the sliders of the chosen task say."""
        task, _, *numbers = values
        return self._controls.values(task, numbers)


def _titles(tasks: list[str]) -> list[tuple[str, str]]:
    return [(task_of(name).title, name) for name in tasks]


def _offer(models: Models, chosen: str, *, unknown: bool) -> Any:
    """Put the tasks that are known first.

    What was chosen is left alone where it is still there, not set again: meanwhile a visitor may have chosen otherwise.
    """
    others = [name for name in models.tasks if name not in known()] if unknown else []
    names = [name for name in known() if name in models.tasks] + others or list(known())
    if chosen in names:
        return gr.Radio(choices=_titles(names))
    return gr.Radio(choices=_titles(names), value=names[0])


def _choose(controls: Controls, models: Models, chosen: str) -> list[Any]:
    """Show what belongs to a task that a visitor has just chosen."""
    offered = models.of(chosen)
    return [offering(offered), *controls.for_task(task_of(chosen), next(iter(offered), None))]


def _learn(controls: Controls, models: Models, chosen: str, model: str | None, *numbers: float) -> list[Any]:
    """Show what became known of the models; what a visitor has set by then stays."""
    offered = models.of(chosen)
    known = next((one for one in offered if one.name == model), next(iter(offered), None))
    return [offering(offered, model), *controls.for_news(task_of(chosen), known, numbers)]
