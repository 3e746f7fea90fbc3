"""Visits to the page, each with a browser profile of its own, and what must hold in all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 15_000


class Visits:
    """Use as a context manager: leaving closes the pages and asserts that nothing odd happened in them."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
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
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.complaints.append(f"{url}: {error}"))
        await page.goto(url)
        await page.locator("#views").wait_for()
        return page

    def _count(self, request: Request) -> None:
        self.requests.append(request)

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

    def unexpected(self) -> list[str]:
        return [one for one in self.complaints if not any(part in one for part in self.expected)]
