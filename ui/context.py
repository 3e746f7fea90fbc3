"""What every view is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

    from ui.gateway.client import Gateway
    from ui.settings import Settings


@dataclass(frozen=True, slots=True)
class Context:
    """`models` holds `Models` of the gateway, empty until it answers: views fill their choices when it changes."""

    settings: Settings
    gateway: Gateway
    models: gr.State
