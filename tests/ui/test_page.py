"""The page as a whole: it opens everywhere, can be read everywhere, and needs nobody but its own server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui import colours, seeing
from tests.ui.visits import DESKTOP, PHONE, Visits

if TYPE_CHECKING:
    from playwright.async_api import Page

    from stack.settings import Settings

pytestmark = pytest.mark.anyio
VIEWS = ("Picture", "Live", "Batch", "Compare", "Status")
PICTURE = colours.picture(640, 480, {"red": (60, 80, 220, 400), "green": (300, 60, 420, 160)})
PALE = (Path(__file__).parent / "scripts/pale.js").read_text()


async def turn_to(page: Page, view: str) -> None:
    """Choose a view as a visitor would, from the menu if there is no room for all tabs."""
    tab = page.get_by_role("tab", name=view, exact=True)
    if not await tab.is_visible():
        await page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown").get_by_text(view, exact=True)
    await tab.click()
    await expect(page.locator(f"#view-{view.lower()}")).to_be_visible()
    await page.wait_for_timeout(500)  # for what the view asks first


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_nothing_has_to_be_scrolled_sideways(
    ui_stack: Settings, visits: Visits, size: dict[str, int], view: str
) -> None:
    page = await visits.open(str(ui_stack.ui_url), viewport=size)
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green")
    await turn_to(page, view)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read(ui_stack: Settings, visits: Visits, scheme: str, view: str) -> None:
    page = await visits.open(str(ui_stack.ui_url), color_scheme=scheme)
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green")
    await turn_to(page, view)
    assert await page.evaluate(PALE) == []


async def test_dark_is_dark(ui_stack: Settings, visits: Visits) -> None:
    shades = []
    for scheme in ("light", "dark"):
        page = await visits.open(str(ui_stack.ui_url), color_scheme=scheme)
        shades.append(sum((await seeing.screenshot(page)).resize((1, 1)).getpixel((0, 0))))  # type: ignore[arg-type] # three numbers
    light, dark = shades
    assert light > 600
    assert dark < 150


async def test_pictures_and_controls_have_names(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green")
    assert (
        await page.locator(f"{seeing.VIEWER} img").get_attribute("alt")
        == "Your picture with 2 objects found: red, green"
    )
    assert await page.locator("img:visible:not([alt])").count() == 0
    unnamed = await page.locator("button:visible").evaluate_all(
        "all => all.filter((one) => !(one.innerText.trim() || one.ariaLabel || one.title)).map((one) => one.outerHTML)"
    )
    assert unnamed == []


async def test_the_banner_names_what_is_untrained(page: Page) -> None:
    await expect(page.locator("tv-connection .tv-banner-warning")).to_contain_text("resnet50")
