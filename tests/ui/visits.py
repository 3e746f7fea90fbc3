"""Visits to the page, each with a browser profile of its own, and what must hold in all of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from playwright.async_api import expect

from tests.waiting import PATIENCE, until

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 1000 * PATIENCE
# In which everything that a page does by itself follows upon what was before it.
QUIET_SECONDS = 0.5

expect.set_options(timeout=PATIENCE_MS)


class Visits:
    """Use as a context manager: leaving closes the pages and asserts that nothing odd happened in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._under_way: set[Request] = set()
        self.requests: list[Request] = []
        self.complaints: list[str] = []
        self.expected: list[str] = []
        """Parts of complaints that the test provokes itself."""

    async def open(self, url: str, **options: Any) -> Page:
        """Open the page as a visitor would; options are those of Playwright's `new_context`."""
        context = await self._browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB", **options})
        self._contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("request", self._count)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"{url}: {error}"))
        await page.goto(url)
        await page.locator("#views").wait_for()
        return page

    def _count(self, request: Request) -> None:
        self.requests.append(request)
        if request.method == "POST":  # streams of events last as long as they like
            self._under_way.add(request)

    def _end(self, request: Request) -> None:
        self._under_way.discard(request)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url')})")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, failed: type[BaseException] | None, *_: object) -> None:
        for context in self._contexts:
            await context.close()
        if failed is None:
            assert not self.from_elsewhere(), self.from_elsewhere()
            assert not self.unexpected(), self.unexpected()

    def from_elsewhere(self) -> set[str]:
        hosts = {urlsplit(request.url).hostname for request in self.requests}
        return {host for host in hosts if host not in {"127.0.0.1", None}}

    def calls(self) -> list[str]:
        """Return what browsers asked the page's server to do: everything but loading, and the look at the gateway."""
        return [request.url for request in self.requests if request.method == "POST"]

    async def settled(self, page: Page) -> int:
        """Wait until a page just opened has asked all it asks by itself, and return the number of calls so far."""
        await expect(page.get_by_label("Model", exact=True).first).not_to_have_value("")
        await until(self._quiet, lambda: f"under way: {self._under_way}")
        return len(self.calls())

    async def _quiet(self) -> bool:
        before = len(self.requests)
        await asyncio.sleep(QUIET_SECONDS)
        return len(self.requests) == before and not self._under_way

    def unexpected(self) -> list[str]:
        return [one for one in self.complaints if not any(part in one for part in self.expected)]
