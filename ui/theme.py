"""How the page looks: fonts of the system, one accent colour, and nothing loaded from elsewhere."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

STYLES = ("page", "connection", "viewer", "compare", "waterfall", "live", "jobs", "status")
SCRIPTS = ("connection", "samples", "viewer", "compare", "waterfall", "live", "jobs", "status")

FULL = (400, 700)  # the weights that Gradio carries with all letters

# Relative addresses: the page may live below a path of a proxy.
HEAD = "\n".join(
    [
        *(f'<link rel="stylesheet" href="ui/static/{name}.css">' for name in STYLES),
        *(f'<script type="module" src="ui/static/{name}.js"></script>' for name in SCRIPTS),
    ]
)


def theme() -> gr.themes.Base:
    """Return the theme; greys and accent are chosen for a contrast of at least 4.5 to 1, in light and dark."""
    return gr.themes.Base(
        primary_hue="teal",
        secondary_hue="teal",
        neutral_hue="slate",
        radius_size="lg",
        spacing_size="md",
        text_size="md",
        font=(LocalFont("IBM Plex Sans", FULL), "system-ui", "sans-serif"),
        font_mono=(LocalFont("IBM Plex Mono", FULL), "ui-monospace", "monospace"),
    ).set(
        color_accent="*primary_700",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_400",
        block_label_text_color="*neutral_600",
        block_label_text_color_dark="*neutral_300",
        block_title_text_color="*neutral_700",
        block_title_text_color_dark="*neutral_200",
        block_info_text_color="*neutral_600",
        block_info_text_color_dark="*neutral_400",
        body_background_fill_dark="*neutral_950",
        link_text_color="*primary_700",
        link_text_color_dark="*primary_400",
        block_shadow="none",
        slider_color="*primary_700",
        slider_color_dark="*primary_400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover_dark="*primary_800",
        button_primary_text_color="white",
    )
