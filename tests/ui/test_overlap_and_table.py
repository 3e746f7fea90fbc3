"""Settings that are a matter for the gateway are asked for at once; what is only a view of the answer is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ui import colours, seeing
from tests.waiting import until

if TYPE_CHECKING:
    from playwright.async_api import Page

    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
RECTANGLES = {"red": (60, 80, 220, 400), "green": (300, 60, 420, 160), "blue": (20, 420, 90, 470)}
PICTURE = colours.picture(640, 480, RECTANGLES)


async def test_the_overlap_is_asked_for_anew(page: Page, visits: Visits) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue")
    asked = await visits.settled(page)
    number = page.locator("#view-picture").get_by_label("number input for Overlap (IoU)")
    await number.fill("0.3")
    await number.press("Enter")
    await seeing.expect_labels(page, "red", "green", "blue")
    await until(lambda: len(visits.calls()) > asked)


async def test_the_table_sorts_by_any_column_and_by_keyboard(page: Page, visits: Visits) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue")
    asked = await visits.settled(page)
    assert await rows(page) == ["red", "green", "blue"]
    heading = page.locator(f"{seeing.VIEWER} th button", has_text="Top")
    await heading.press("Enter")
    assert await rows(page) == ["blue", "red", "green"]
    await page.keyboard.press("Enter")  # the focus is where it was
    assert await rows(page) == ["green", "red", "blue"]
    assert await heading.locator("..").get_attribute("aria-sort") == "ascending"
    assert len(visits.calls()) == asked


async def rows(page: Page) -> list[str | None]:
    found = await page.locator(f"{seeing.VIEWER} tbody tr").all()
    return [await row.get_attribute("data-label") for row in found]
