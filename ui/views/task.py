"""One picture, and every task that the gateway lists: what is seen, how sure that is, and where the time went."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.elements import element
from ui.errors import UiError
from ui.looking import look
from ui.tasks import task_of
from ui.uploads import ASKING, path_of
from ui.views import shown
from ui.views.choice import Choice
from ui.views.samples import samples
from ui.views.upload_box import upload_box

if TYPE_CHECKING:
    from ui.context import Context


def build(context: Context) -> None:
    with gr.Row(elem_classes="tv-columns"):
        with gr.Column(elem_classes="tv-side tv-give"):
            picture = upload_box("Picture")
            samples(picture)
        with gr.Column(elem_classes="tv-see"):
            viewer = element("tv-viewer", events=("retry",), elem_id="picture-viewer")
            waterfall = element("tv-waterfall", elem_id="picture-waterfall")
        with gr.Column(elem_classes="tv-side tv-set"):
            choice = Choice(context, "picture", unknown=True)

    looking: dict[str, Any] = {
        **ASKING,
        "fn": partial(_look, context, choice),
        "inputs": [picture, *choice.components],
        "outputs": [viewer, waterfall],
        "show_progress": "minimal",
        "show_progress_on": viewer,
        # While a slider moves, only its last place is asked for.
        "trigger_mode": "always_last",
        "api_visibility": "private",
    }
    choice.changed.then(**looking)
    gr.on([picture.change, choice.model.input, viewer.retry, *(slider.input for slider in choice.asking)], **looking)


async def _look(context: Context, choice: Choice, image: dict[str, Any] | None, *chosen: Any) -> tuple[Any, Any]:
    path = path_of(image)
    if path is None:
        return None, None
    name, model, *_ = chosen
    task, settings = task_of(name), choice.settings(chosen)
    try:
        looked = await look(context.gateway, context.settings, task, path, {"model": model, **task.asks(settings)})
    except UiError as error:
        return shown.failure(error), None
    return shown.result(task, looked, path, settings), looked.timing.as_dict()
