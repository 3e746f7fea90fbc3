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
        settings = [self.model, *self._controls.sliders]
        # One after the other: what was asked first, for the task before, must not be shown last.
        in_turn: dict[str, Any] = {**QUIET, "concurrency_id": f"{view}-choice", "concurrency_limit": 1}
        context.models.change(
            partial(_learn, self._controls, unknown=unknown),
            [context.models, self.task, *settings],
            [self.task, *settings],
            **in_turn,
        )
        self.changed = self.task.input(
            partial(_choose, self._controls), [context.models, self.task], settings, **in_turn
        )
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


def _learn(
    controls: Controls, models: Models, chosen: str, model: str | None, *numbers: float, unknown: bool
) -> list[Any]:
    """Show what became known of the models; what a visitor has set by then stays."""
    names = _offered(models, unknown=unknown)
    task = _offer(names, chosen)
    if chosen not in names:
        return [task, *_choose(controls, models, names[0])]
    offered = models.of(chosen)
    asked = next((one for one in offered if one.name == model), next(iter(offered), None))
    return [task, offering(offered, model), *controls.for_news(task_of(chosen), asked, numbers)]


def _offered(models: Models, *, unknown: bool) -> list[str]:
    """Return the tasks to choose from, those first that are known."""
    others = [name for name in models.tasks if name not in known()] if unknown else []
    return [name for name in known() if name in models.tasks] + others or list(known())


def _offer(names: list[str], chosen: str) -> gr.Radio:
    """Leave alone what was chosen where it is still there: meanwhile a visitor may have chosen otherwise."""
    if chosen in names:
        return gr.Radio(choices=_titles(names))
    return gr.Radio(choices=_titles(names), value=names[0])


def _choose(controls: Controls, models: Models, chosen: str) -> list[Any]:
    """Show what belongs to a task that a visitor has just chosen."""
    offered = models.of(chosen)
    return [offering(offered), *controls.for_task(task_of(chosen), next(iter(offered), None))]
