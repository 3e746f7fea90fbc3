"""The page: header, banner, and one tab for each view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from ui.context import Context
from ui.views import compare, connection, endpoints, jobs, live, status, task

if TYPE_CHECKING:
    from ui.gateway.client import Gateway
    from ui.settings import Settings

TITLE = "triton-vision"
HEADER = """<header class="tv-header">
<h1>triton-vision</h1><p>Drop a picture, see what the models see.</p>
</header>"""
VIEWS = (
    ("Picture", "picture", task.build),
    ("Live", "live", live.build),
    ("Batch", "batch", jobs.build),
    ("Compare", "compare", compare.build),
    ("Status", "status", status.build),
)


def build(settings: Settings, gateway: Gateway) -> gr.Blocks:
    page = gr.Blocks(
        title=TITLE,
        analytics_enabled=False,
        delete_cache=(min(settings.keep_seconds, 600), settings.keep_seconds),
    )
    with page:
        gr.HTML(HEADER)
        models = connection.build(settings, gateway, page)
        context = Context(settings, gateway, models)
        with gr.Tabs(elem_id="views"):
            for title, name, view in VIEWS:
                with gr.Tab(title, id=name, elem_id=f"view-{name}"):
                    view(context)
        endpoints.build(context)
    return page
