"""What `<tv-viewer>` is given: a result, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from ui.uploads import address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ui.errors import UiError
    from ui.looking import Looked
    from ui.tasks.base import Task


def result(task: Task, looked: Looked, path: str, values: Mapping[str, float]) -> dict[str, Any]:
    """`values` are those of the task's controls; what filters in the browser is where the filter begins."""
    answer, picture = looked.answer, looked.picture
    return {
        "task": task.name,
        "image": address(path),
        "width": picture.width,
        "height": picture.height,
        **answer.model_dump(include={"model", "version", "weights", "inference_time_ms", "request_id"}),
        **{control.name: values[control.name] for control in task.controls if control.in_browser},
        **task.shows(answer),
    }


def failure(error: UiError) -> dict[str, Any]:
    """Return what went wrong; the viewer tries again by itself when that makes sense."""
    return {"error": str(error), "retry": error.retry_after}


def raised(error: UiError) -> gr.Error:
    """Return what Gradio shows to people as a note, and raises in the programs that call an endpoint."""
    return gr.Error(str(error), title="That did not work", print_exception=False)
