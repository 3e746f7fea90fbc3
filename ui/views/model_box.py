"""The box in which a model is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ui.gateway.answers import Model


def model_box(name: str) -> gr.Dropdown:
    """Return an empty box; the models are offered when they are known."""
    return gr.Dropdown([], label="Model", elem_id=f"{name}-model", interactive=True)


def offering(models: Sequence[Model], chosen: str | None = None, place: int = 0) -> gr.Dropdown:
    """Return the update that offers these models.

    What was chosen is left alone where it is still there. Elsewhere the model at `place` is chosen, or the last one.
    """
    choices, names = [(model.title, model.name) for model in models], [model.name for model in models]
    if chosen in names:
        return gr.Dropdown(choices=choices)
    return gr.Dropdown(choices=choices, value=names[min(place, len(names) - 1)] if names else None)
