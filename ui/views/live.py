"""The camera, with what the models see drawn on it. Frames go over `ui/relay.py`; the rest is in `static/live.js`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.elements import element
from ui.views.choice import QUIET, Choice

if TYPE_CHECKING:
    from ui.context import Context


def build(context: Context) -> None:
    with gr.Row(elem_classes="tv-columns tv-live-columns"):
        with gr.Column(elem_classes="tv-see"):
            camera = element("tv-live", elem_id="camera")
        with gr.Column(elem_classes="tv-side tv-set"):
            choice = Choice(context, "live")
    components: list[Any] = [*choice.components]  # Gradio makes their events by name
    # Settings count from the next frame on; the element sends them within the session.
    gr.on(
        [component.change for component in components],
        partial(_settings, choice),
        components,
        camera,
        trigger_mode="always_last",
        preprocess=False,  # Gradio would check a model against the choices of the task that was there before
        **QUIET,
    )


def _settings(choice: Choice, *values: Any) -> dict[str, Any]:
    task, parameters = choice.parameters(values)
    return {"task": task, **parameters}
