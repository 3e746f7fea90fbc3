"""The status view: models, where their weights are from, and how the server is doing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui import colours, seeing
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
PICTURE = colours.picture(640, 480, {"red": (60, 80, 220, 400)})
# An observer is told after those that were there before it.
HIDDEN = """() => new Promise((resolve) => {
  const observer = new IntersectionObserver(([entry]) => entry.isIntersecting || resolve());
  observer.observe(document.querySelector("tv-status"));
})"""


def tile(page: Page, name: str) -> Locator:
    return page.locator(f"tv-status [data-tile={name}]")


async def status(page: Page) -> None:
    await page.get_by_role("tab", name="Status", exact=True).click()


async def test_models_and_the_provenance_of_their_weights(page: Page) -> None:
    await status(page)
    colour, trained = (page.locator(f"tv-status [data-model={name}]") for name in ("detect", "classify"))
    await expect(colour).to_contain_text("colours.onnx")
    await expect(colour).to_contain_text("Apache-2.0")
    await expect(colour).to_contain_text("confidence 0.25")
    await expect(trained).to_contain_text("never trained")
    await expect(colour).not_to_contain_text("never trained")


async def test_figures_follow_what_happens(page: Page) -> None:
    await status(page)
    answered = tile(page, "Throughput").locator(".tv-tile-note").first
    await expect(answered).to_contain_text("answered")
    before = int(re.sub(r"\D", "", await answered.inner_text()))
    await page.get_by_role("tab", name="Picture", exact=True).click()
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red")
    await status(page)
    await expect(answered).to_have_text(re.compile(rf"^{before + 1} "))
    await expect(tile(page, "Server")).to_contain_text("Ready")
    await expect(tile(page, "Latency")).to_contain_text(re.compile(r"\d ms, median|\dms, median"))
    await expect(tile(page, "GPU")).to_be_visible()
    await expect(page.locator("tv-status tv-waterfall [data-stage=infer]")).to_be_visible()


async def test_it_asks_only_while_it_is_looked_at(page: Page, visits: Visits) -> None:
    hidden = await visits.settled(page)
    await page.wait_for_timeout(2500)
    assert len(visits.calls()) == hidden
    await status(page)
    await expect(tile(page, "Server")).to_be_visible()
    shown = len(visits.calls())
    await until(lambda: len(visits.calls()) > shown)
    await page.get_by_role("tab", name="Picture", exact=True).click()
    await page.evaluate(HIDDEN)
    hidden = await visits.settled(page)
    await page.wait_for_timeout(2500)
    assert len(visits.calls()) == hidden
