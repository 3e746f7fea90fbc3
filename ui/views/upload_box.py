"""Where a picture is dropped, pasted, taken or chosen."""

from __future__ import annotations

import gradio as gr


def upload_box(label: str) -> gr.Image:
    return gr.Image(
        label=label,
        sources=["upload", "clipboard", "webcam"],
        height=240,
        image_mode=None,
        type="filepath",
        buttons=[],
        placeholder="Drop a picture here\n- or -\nclick to choose one",
        alt_text="The picture you gave",
        webcam_options=gr.WebcamOptions(mirror=False),
    )
