"""Pictures to try, from Gradio's own media."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.media import get_image

from ui.elements import element

if TYPE_CHECKING:
    from gradio.components import Component

SAMPLES = {"lion.jpg": "Lion", "cheetah.jpg": "Cheetah", "bus.png": "Bus", "tower.jpg": "Tower"}
ROUTE = "ui/samples"


def folder() -> Path:
    return Path(get_image(next(iter(SAMPLES)))).parent


def samples(target: Component) -> None:
    """Show the samples; the chosen one is put into `target` as if a person had given it."""
    # Not `gr.Examples`: its pictures have no names, for those who do not see them.
    offered = [{"name": name, "title": title, "image": f"{ROUTE}/{name}"} for name, title in SAMPLES.items()]
    element("tv-samples", offered, events=("choose",)).choose(
        _chosen, None, target, show_progress="hidden", api_visibility="private"
    )


def _chosen(event: gr.EventData) -> Any:
    name = event._data.get("name")  # noqa: SLF001 - Gradio keeps what a custom event says there
    return get_image(name) if name in SAMPLES else gr.skip()
