"""The sliders of all tasks that are known; those of the chosen task are visible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.tasks import known

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        defaults = model.defaults if model else {}
        own = {control.name: defaults.get(control.name, control.default) for control in task.controls}
        return [
            gr.Slider(visible=True, value=own[name]) if of == task.name else gr.Slider(visible=False)
            for of, name in self._of
        ]


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
