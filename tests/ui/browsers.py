"""The operating system's Chromium, without a window."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Browser, Playwright

# `make chromium` installs the first one.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.fail(f"none of {', '.join(NAMES)} is installed: make chromium")
    return found


async def launch(playwright: Playwright, *arguments: str) -> Browser:
    return await playwright.chromium.launch(executable_path=executable(), args=list(arguments))
