"""Two models, or two settings, on one picture: what only one of them finds stands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui import colours

if TYPE_CHECKING:
    from playwright.async_api import FilePayload, Locator, Page

    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
PICTURE = colours.picture(
    640, 480, {"red": (60, 80, 220, 400), "green": (300, 60, 420, 160), "yellow": (460, 240, 600, 420)}
)


@pytest.fixture
async def compared(page: Page) -> Page:
    """Return the page with a picture compared: all colours on the left, the warm ones on the right."""
    await page.get_by_role("tab", name="Compare").click()
    file: FilePayload = {"name": "picture.png", "mimeType": "image/png", "buffer": PICTURE}
    await expect(page.locator("#compare-right-model input")).to_have_value("warm_colours (detect_warm)")
    await page.locator("#view-compare input[type=file]").first.set_input_files(file)
    await expect(page.locator("tv-compare .tv-summary")).to_be_visible()
    return page


def side(page: Page, name: str) -> Locator:
    return page.locator(f"tv-compare section[data-side={name}]")


async def labels(found: Locator) -> set[str | None]:
    return {await box.get_attribute("data-label") for box in await found.all()}


async def test_what_only_one_model_finds_stands_out(compared: Page) -> None:
    # The right side begins at a confidence of 0.5, so that yellow (0.40) is only on the left.
    assert await labels(side(compared, "left").locator(".tv-box-only")) == {"green", "yellow"}
    assert await labels(side(compared, "left").locator(".tv-box-both")) == {"red"}
    assert await labels(side(compared, "right").locator(".tv-box")) == {"red"}
    summary = compared.locator("tv-compare .tv-summary")
    await expect(summary).to_have_text("1 in both · 2 objects only left · 0 objects only right")


async def test_a_slider_compares_anew_without_a_request(compared: Page, visits: Visits) -> None:
    await expect(compared.locator("tv-compare .tv-box")).to_have_count(4)
    asked = await visits.settled(compared)
    number = compared.locator("#compare-right-confidence input[type=number]")
    await number.fill("0.3")
    await number.press("Enter")
    await expect(compared.locator("tv-compare .tv-summary")).to_contain_text("2 in both · 1 object only left")
    assert await labels(side(compared, "left").locator(".tv-box-only")) == {"green"}
    assert len(visits.calls()) == asked


async def test_another_model_is_asked(compared: Page) -> None:
    await compared.locator("#compare-right-model input").click()
    await compared.get_by_role("option", name="colours", exact=True).click()
    await expect(compared.locator("tv-compare .tv-summary")).to_contain_text("2 in both · 1 object only left")
    assert await labels(side(compared, "left").locator(".tv-box-only")) == {"yellow"}


async def test_before_a_picture_there_is_a_hint(page: Page) -> None:
    await page.get_by_role("tab", name="Compare").click()
    await expect(page.locator("tv-compare .tv-empty").first).to_contain_text("what only one side finds")
    await expect(page.locator("tv-compare section").first).to_be_hidden()
