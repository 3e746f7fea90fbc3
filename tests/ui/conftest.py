"""The page on a real stack, in a real browser. The stack's detector finds colours: see `colours`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Browser, Page, async_playwright

from stack.supervisor import Stack
from tests.conftest import free_ports, stack_settings
from tests.ui import browsers, colours
from tests.ui.visits import Visits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from stack.settings import Settings


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def ui_stack(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Start Triton, the gateway and the page once for all tests, and return their addresses."""
    folder = tmp_path_factory.mktemp("ui")
    (folder / "models").mkdir()
    models = colours.repository(folder / "models", repository)
    settings = replace(stack_settings(models, folder), ui_port=free_ports(1)[0])
    with Stack(settings):
        yield settings


@pytest.fixture(scope="session")
async def browser(anyio_backend: str) -> AsyncIterator[Browser]:  # noqa: ARG001 - asked for by anyio
    async with async_playwright() as playwright:
        started = await browsers.launch(playwright)
        yield started
        await started.close()


@pytest.fixture
async def visits(browser: Browser) -> AsyncIterator[Visits]:
    """Open pages as visitors do; none of them may load something from elsewhere or fail in the browser."""
    async with Visits(browser) as opened:
        yield opened


@pytest.fixture
async def page(visits: Visits, ui_stack: Settings) -> Page:
    """Return the page on a desktop, opened."""
    return await visits.open(str(ui_stack.ui_url))
