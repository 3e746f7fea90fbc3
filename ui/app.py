"""The application, put together: the page at "/", its static files, and the relay for live streams."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.staticfiles import StaticFiles

from ui import page, relay, theme
from ui.gateway.client import Gateway, http_client
from ui.settings import Settings
from ui.views import samples

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STATIC = Path(__file__).parent / "static"
POLL_SECONDS = 0.02


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the ASGI application; without `settings` they are read from the environment."""
    settings = settings or Settings()
    http = http_client(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with http:
            yield

    app = FastAPI(title="triton-vision", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/healthz", _alive, include_in_schema=False)
    app.mount("/ui/static", StaticFiles(directory=STATIC))
    app.mount(f"/{samples.ROUTE}", StaticFiles(directory=samples.folder()))
    relay.install(app, settings)
    blocks = page.build(settings, Gateway(http))
    blocks.queue(default_concurrency_limit=settings.concurrency, max_size=settings.queue_size)
    # Gradio looks a thousand times a second whether there is something to do: 5 % of a core that the models need.
    blocks._queue.sleep_when_free = POLL_SECONDS  # noqa: SLF001 - there is no setting for it
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        server_name=settings.host,
        server_port=settings.port,
        theme=theme.theme(),
        head=theme.HEAD,
        favicon_path=str(STATIC / "favicon.png"),
        footer_links=["api"],
        run_history=False,
        max_file_size=settings.max_upload,
        enable_monitoring=False,
        ssr_mode=False,
        # Errors of ours are shown as sentences; what Python says of others stays in the log.
        show_error=False,
    )
    return app


async def _alive() -> JSONResponse:
    return JSONResponse({"status": "alive"})
