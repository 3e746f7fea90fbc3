"""Batch: many files become jobs of the gateway; the page follows them, shows what they found, and packs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache

from ui.batch.archive import archive
from ui.batch.batch import Batch
from ui.batch.following import Follower
from ui.batch.ordering import order
from ui.batch.shown import shown
from ui.elements import element
from ui.errors import UiError
from ui.uploads import UNOPENED
from ui.views.choice import QUIET, Choice
from ui.views.shown import raised

if TYPE_CHECKING:
    from ui.context import Context

ARCHIVE = "results.zip"
Told = tuple[Batch, dict[str, Any]]


def build(context: Context) -> None:
    batch = gr.State(Batch())
    with gr.Row(elem_classes="tv-columns"):
        with gr.Column(elem_classes="tv-side tv-give"):
            files = gr.File(label="Pictures", file_count="multiple", file_types=["image"], height=240, elem_id="files")
            start = gr.Button("Start", variant="primary", elem_id="batch-start")
        with gr.Column(elem_classes="tv-see"):
            view = element("tv-batch", events=("refresh", "cancel", "pack"), elem_id="batch")
        with gr.Column(elem_classes="tv-side tv-set"):
            choice = Choice(context, "batch")

    steps, following = Steps(context, choice, view), {"outputs": [batch, view], **QUIET}
    start.click(
        steps.start,
        [files, *choice.components],
        [batch, view],
        **UNOPENED,
        show_progress="minimal",
        show_progress_on=view,
        api_visibility="private",
    )
    # Nothing runs here between these events: the element asks for news for as long as jobs are open and it is seen.
    view.refresh(steps.refresh, batch, concurrency_limit=None, **following)
    view.cancel(steps.cancel, batch, **following)
    view.pack(steps.pack, batch, **following)


@dataclass(frozen=True, slots=True)
class Steps:
    """What happens on each event of the view."""

    context: Context
    choice: Choice
    view: gr.HTML

    async def start(self, files: list[dict[str, Any]] | None, *values: Any) -> Told:
        given = [(one.get("orig_name") or "picture", one["path"]) for one in files or []]
        if not given:
            raise gr.Error("Please choose some pictures first.", title="No pictures", print_exception=False)
        task, parameters = self.choice.parameters(values)
        try:
            batch = await order(self.context.gateway, self.context.settings, task, parameters, given)
        except UiError as error:
            raise raised(error) from error
        return await self.refresh(batch)  # the first of them have moved on while the last were sent

    async def refresh(self, batch: Batch) -> Told:
        await self._follower(batch).look()
        return batch, shown(batch)

    async def cancel(self, batch: Batch, event: gr.EventData) -> Told:
        job = event._data.get("job", "")  # noqa: SLF001 - Gradio keeps what a custom event says there
        await self._follower(batch).cancel(str(job))
        return batch, shown(batch)

    def pack(self, batch: Batch) -> Told:
        return batch, shown(batch, self._keep(archive(batch), ARCHIVE))

    def _follower(self, batch: Batch) -> Follower:
        return Follower(self.context.gateway, batch, self._keep)

    def _keep(self, content: bytes, name: str) -> str:
        """Keep a file among Gradio's temporary ones, which it deletes when they are old."""
        path: str = save_bytes_to_cache(content, name, self.view.GRADIO_CACHE)
        self.view.temp_files.add(path)
        return path
