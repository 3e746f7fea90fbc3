"""The banner: whether the gateway is there, and a warning when answers mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.elements import element
from ui.gateway.answers import Models
from ui.gateway.waking import Connection, State, ping

if TYPE_CHECKING:
    from ui.gateway.client import Gateway
    from ui.settings import Settings


def build(settings: Settings, gateway: Gateway, blocks: gr.Blocks) -> gr.State:
    """Return the state that holds the gateway's `Models`, read when the page opens and again until there are some.

    After that the element asks for a ping when something failed or a visitor comes back to the page.
    """
    models = gr.State(Models())
    banner = element("tv-connection", events=("ping",), elem_id="connection")

    async def look(known: Models) -> tuple[Any, dict[str, Any]]:
        found = await ping(gateway)
        changed = found.state is State.READY and found.models != known
        return found.models if changed else gr.skip(), shown(found, settings.wake_seconds)

    for event in (blocks.load, banner.ping):
        event(
            look, [models], [models, banner], show_progress="hidden", api_visibility="private", concurrency_limit=None
        )
    return models


def shown(found: Connection, wake_seconds: float) -> dict[str, Any]:
    """Return what the element shows."""
    return {
        "state": found.state,
        "sentence": found.sentence,
        "again_ms": wake_seconds * 1000,
        "untrained": sorted({model.engine for model in found.models.untrained}),
    }
