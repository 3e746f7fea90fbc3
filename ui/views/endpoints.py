"""`/detect` and `/classify` for programs: `gradio_client.Client(url).predict(handle_file(…), api_name="/detect")`."""

from __future__ import annotations

from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.errors import UiError
from ui.looking import look
from ui.tasks import known
from ui.uploads import ASKING, path_of
from ui.views import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ui.context import Context
    from ui.tasks.base import Task


def build(context: Context) -> None:
    """Add a named endpoint for each task that is known; its components are never seen."""
    with gr.Column(visible=False):
        for task in known().values():
            _endpoint(context, task)


def _endpoint(context: Context, task: Task) -> None:
    picture = gr.Image(label="image", image_mode=None, type="filepath")
    numbers = [gr.Number(control.default, label=control.name) for control in task.controls]
    model = gr.Textbox(label="model")
    gr.Button().click(
        _asking(context, task),
        [picture, *numbers, model],
        gr.JSON(),
        **ASKING,
        api_name=task.name,
        api_description=f"{task.title}: the gateway's answer, in pixels of the picture. Without `model` the default's.",
    )


def _asking(context: Context, task: Task) -> Callable[..., Awaitable[Any]]:
    async def ask(image: dict[str, Any] | None, *values: Any) -> Any:
        *numbers, model = values
        parameters = task.typed(dict(zip((control.name for control in task.controls), numbers, strict=True)))
        try:
            looked = await look(
                context.gateway, context.settings, task, path_of(image), {**parameters, "model": model or None}
            )
        except UiError as error:
            raise shown.raised(error) from error
        return looked.answer.model_dump(mode="json")

    # Gradio takes the names of the endpoint's parameters from here.
    vars(ask)["__signature__"] = _signature(task)
    return ask


def _signature(task: Task) -> Signature:
    names = {"image": Parameter.empty, **{one.name: one.default for one in task.controls}, "model": None}
    return Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=one) for name, one in names.items()])
