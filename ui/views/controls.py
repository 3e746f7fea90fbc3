"""The sliders of all tasks that are known; those of the chosen task are visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.tasks import known

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ui.gateway.answers import Model
    from ui.tasks.base import Control, Task

# A slider that filters in the browser hands its value to the viewers, and no request is made.
FILTER = """(value) => {
  document.querySelectorAll('%s tv-viewer').forEach((viewer) => { viewer.%s = value; });
}"""


class Controls:
    """Made where they are to stand; `viewers` is the CSS selector of the viewers that they filter."""

    def __init__(self, viewers: str, first: str) -> None:
        self._of = {
            (task.name, control.name): _slider(control, viewers, visible=task.name == first)
            for task in known().values()
            for control in task.controls
        }

    @property
    def sliders(self) -> list[gr.Slider]:
        return list(self._of.values())

    @property
    def asking(self) -> list[gr.Slider]:
        """Return the sliders whose change is a matter for the gateway."""
        by_name = {(task.name, one.name): one for task in known().values() for one in task.controls}
        return [slider for key, slider in self._of.items() if not by_name[key].in_browser]

    def values(self, task: str, numbers: Sequence[float]) -> dict[str, float]:
        """Return what the sliders of `task` say, from the values of all of them."""
        return {name: number for (of, name), number in zip(self._of, numbers, strict=True) if of == task}

    def for_task(self, task: Task, model: Model | None) -> list[Any]:
        """Return the updates that show the sliders of `task`, at the defaults of `model`."""
        own = _defaults(task, model)
        return [
            gr.Slider(visible=True, value=own[name]) if of == task.name else gr.Slider(visible=False)
            for of, name in self._of
        ]

    def for_news(self, task: Task, model: Model | None, numbers: Sequence[float]) -> list[Any]:
        """Return the updates for a `model` that became known while the sliders said `numbers`: see `moves`."""
        to = moves(task, model, self.values(task.name, numbers))
        return [gr.Slider(value=to[name]) if of == task.name and name in to else gr.skip() for of, name in self._of]


def moves(task: Task, model: Model | None, said: Mapping[str, float]) -> dict[str, float]:
    """Return where sliders of `task` that say `said` go now that the defaults of `model` are known.

    One that is not where the page began was moved by a visitor, and stays. One that is there already is not set either:
    that would undo what a visitor does while the news is on its way.
    """
    began, own = _defaults(task, None), _defaults(task, model)
    return {name: own[name] for name in own if said[name] == began[name] != own[name]}


def _defaults(task: Task, model: Model | None) -> dict[str, float]:
    said = model.defaults if model else {}
    return {control.name: said.get(control.name, control.default) for control in task.controls}


def _slider(control: Control, viewers: str, *, visible: bool) -> gr.Slider:
    slider = gr.Slider(
        control.minimum,
        control.maximum,
        control.default,
        step=control.step,
        label=control.label,
        info=control.info,
        visible=visible,
        buttons=[],
    )
    if control.in_browser:
        slider.change(None, [slider], js=FILTER % (viewers, control.name))
    return slider
