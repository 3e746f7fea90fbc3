"""Status: which models are served and where their weights are from, how fast, how busy, and what was refused."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ui.elements import element
from ui.errors import UiError
from ui.gateway.stats import details, stats

if TYPE_CHECKING:
    from ui.context import Context
    from ui.gateway.client import Gateway
    from ui.gateway.stats import Stats


def build(context: Context) -> None:
    """Add the element; it asks for news every two seconds, and only while it is looked at."""
    view = element("tv-status", events=("refresh",), elem_id="status")

    async def refresh() -> dict[str, Any]:
        return await snapshot(context.gateway)

    # No key for what it asks: a page on a busy server must still be able to tell that it is busy.
    view.refresh(refresh, outputs=[view], show_progress="hidden", api_visibility="private", concurrency_limit=None)


async def snapshot(gateway: Gateway) -> dict[str, Any]:
    """Return what the element shows: `models` and `stats`, or `error`; one of them may be refused to our key."""
    state = await _or_error(_at_rest(gateway))
    models, (refused, stages) = await asyncio.gather(_or_error(gateway.models()), _details(gateway))
    return {
        "models": models,
        "stats": state,
        "refused": refused,
        "stages": stages,
    }


async def _at_rest(gateway: Gateway) -> Stats:
    """Return the figures without this very question, which is in flight itself."""
    found = await stats(gateway)
    return found.model_copy(update={"in_flight": max(found.in_flight - 1, 0)})


async def _or_error(asked: Any) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = (await asked).model_dump(mode="json")
    except UiError as error:
        return {"error": str(error)}
    return answer


async def _details(gateway: Gateway) -> tuple[dict[str, int], dict[str, Any]]:
    try:
        refused, stages = await details(gateway)
    except UiError:
        return {}, {"stages": []}
    return refused, stages.as_dict()
