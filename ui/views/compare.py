"""Two models, or two settings of one, on the same picture: side by side, with what only one of them found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.elements import element
from ui.errors import UiError
from ui.looking import look
from ui.tasks import task_of
from ui.tasks.detect import Detect
from ui.uploads import ASKING, path_of
from ui.views import shown
from ui.views.model_box import model_box, offering
from ui.views.samples import samples
from ui.views.upload_box import upload_box

if TYPE_CHECKING:
    from ui.context import Context
    from ui.gateway.answers import Models
    from ui.tasks.base import Control

SIDES = ("left", "right")
TASK = "detect"
# What the right side begins with, so that there is something to compare even with one model.
RIGHT_CONFIDENCE = 0.5
FILTER = "(value) => { document.querySelector('tv-compare').confidence = ['%s', value]; }"


def build(context: Context) -> None:
    with gr.Row(elem_classes="tv-compare-inputs"):
        with gr.Column(scale=4, min_width=280, elem_classes="tv-side"):
            picture = upload_box("Picture to compare on")
            samples(picture)
        sides = [_side(side) for side in SIDES]
    comparison = element("tv-compare", events=("retry",), elem_id="comparison")

    models = [side.model for side in sides]
    context.models.change(_offer, [context.models, *models], models, show_progress="hidden", api_visibility="private")
    asking = [slider.input for side in sides for slider in side.asking]
    gr.on(
        [picture.change, comparison.retry, *(model.input for model in models), *asking],
        partial(_compare, context),
        [picture, *(component for side in sides for component in (side.model, *side.sliders))],
        comparison,
        **ASKING,
        show_progress="minimal",
        trigger_mode="always_last",
        api_visibility="private",
    )


@dataclass(frozen=True, slots=True)
class Side:
    """A model and its settings; those that are `asking` are a matter for the gateway."""

    model: gr.Dropdown
    sliders: list[gr.Slider]
    asking: list[gr.Slider]


def _side(side: str) -> Side:
    controls = Detect(TASK).controls
    with gr.Column(scale=4, min_width=240, elem_classes="tv-side"):
        gr.Markdown(f"### {side.capitalize()}")
        model = model_box(f"compare-{side}")
        sliders = [_slider(side, control) for control in controls]
    asking = [slider for slider, control in zip(sliders, controls, strict=True) if not control.in_browser]
    return Side(model, sliders, asking)


def _slider(side: str, control: Control) -> gr.Slider:
    raised = side == "right" and control.name == "confidence"
    slider = gr.Slider(
        control.minimum,
        control.maximum,
        RIGHT_CONFIDENCE if raised else control.default,
        step=control.step,
        label=control.label,
        elem_id=f"compare-{side}-{control.name}",
        buttons=[],
    )
    if control.in_browser:
        slider.change(None, [slider], js=FILTER % side)
    return slider


def _offer(models: Models, *chosen: str | None) -> list[Any]:
    """Put the first model on the left, and the second, if there is one, on the right, unless a visitor has chosen."""
    return [offering(models.of(TASK), name, place) for place, name in enumerate(chosen)]


async def _compare(context: Context, image: dict[str, Any] | None, *values: Any) -> dict[str, Any] | None:
    path = path_of(image)
    if path is None:
        return None
    half = len(values) // len(SIDES)
    asked = [_ask(context, path, *values[:half]), _ask(context, path, *values[half:])]
    try:
        left, right = await asyncio.gather(*asked)
    except UiError as error:
        return shown.failure(error)
    return {"left": left, "right": right}


async def _ask(context: Context, path: str, model: str | None, confidence: float, iou: float) -> dict[str, Any]:
    task, values = task_of(TASK), {"confidence": confidence, "iou": iou}
    looked = await look(context.gateway, context.settings, task, path, {"model": model, **task.asks(values)})
    return shown.result(task, looked, path, values)
