"""A picture dropped on the page: boxes at the right place, and filters that need no server."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.async_api import expect

from tests.ui import colours, seeing

if TYPE_CHECKING:
    from playwright.async_api import Page

    from stack.settings import Settings
    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
RECTANGLES: dict[str, colours.Box] = {
    "red": (60, 80, 220, 400),
    "green": (300, 60, 420, 160),
    "blue": (260, 240, 600, 420),
    "yellow": (460, 30, 600, 200),
    "cyan": (20, 10, 120, 50),
}
PICTURE = colours.picture(640, 480, RECTANGLES)
GREY = (96, 96, 96)


def near(colour: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(one - two) < 90 for one, two in zip(colour, other, strict=True))


async def test_boxes_are_where_things_are(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")  # cyan is less sure than the default
    seen = await seeing.see(page)
    for label, box in seen.in_picture.items():
        assert box == pytest.approx(RECTANGLES[label], abs=2.5)
    await expect(page.locator(f"{seeing.VIEWER} .tv-count")).to_have_text("4 objects")


async def test_boxes_surround_what_is_to_be_seen(page: Page) -> None:
    """Not only by numbers: on the screen, a box ends where its colour ends."""
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")
    seen, screen = await seeing.see(page), await seeing.screenshot(page)
    for label, (_, _, right, bottom) in seen.on_screen.items():
        inside, outside = (screen.getpixel((round(right) + step, round(bottom) + step)) for step in (-8, 8))
        assert isinstance(inside, tuple)
        assert isinstance(outside, tuple)
        assert near(inside, colours.COLOURS[label].rgb), (label, inside)
        assert near(outside, GREY), (label, outside)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
async def test_a_large_picture_is_sent_small_and_its_boxes_are_its_own(page: Page, form: str) -> None:
    large = {label: tuple(side * 5 for side in box) for label, box in RECTANGLES.items()}
    content = colours.picture(3200, 2400, large, form)  # type: ignore[arg-type] # tuples of four, as before
    await seeing.upload(page, content, f"large.{'jpg' if form == 'JPEG' else 'png'}")
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")
    seen = await seeing.see(page)
    for label, box in seen.in_picture.items():
        assert box == pytest.approx(large[label], abs=15)  # three pixels of the engine's 640
    await expect(page.locator(f"{seeing.VIEWER} .tv-meta")).to_contain_text(re.compile("3200 . 2400 px"))


async def test_the_confidence_slider_asks_nobody(page: Page, visits: Visits, ui_stack: Settings) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")
    await expect(page.locator("tv-waterfall li").first).to_be_visible()
    asked, answered = await visits.settled(page), answers(ui_stack)
    await seeing.confidence(page, 0.7)
    await seeing.expect_labels(page, "red", "green")
    await seeing.confidence(page, 0.9)
    await seeing.expect_labels(page, "red")
    await seeing.confidence(page, 0.1)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow", "cyan")
    assert len(visits.calls()) == asked
    assert answers(ui_stack) == answered


def answers(stack: Settings) -> int:
    found: int = httpx.get(f"{stack.gateway_url}/v1/stats").json()["answers"]
    return found


async def test_the_legend_hides_a_class(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    chip = page.locator(f"{seeing.VIEWER} .tv-chip", has_text="green")
    await chip.click()
    await seeing.expect_labels(page, "red", "blue", "yellow")
    assert await chip.get_attribute("aria-pressed") == "false"
    await chip.press("Enter")  # it has kept the focus: the keyboard can take it back
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")


async def test_what_is_shown_can_be_saved(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")
    await seeing.confidence(page, 0.7)
    await seeing.expect_labels(page, "red", "green")
    async with page.expect_download() as saving:
        await page.locator(seeing.VIEWER).get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO((await (await saving.value).path()).read_text())))
    assert [row["label"] for row in rows] == ["red", "green"]
    assert float(rows[0]["x_min"]) == pytest.approx(RECTANGLES["red"][0], abs=2.5)


async def test_where_the_time_went_adds_up(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    rows = page.locator("#picture-waterfall li")
    await expect(rows.first).to_be_visible()
    stages = [await row.get_attribute("data-stage") for row in await rows.all()]
    assert stages[:2] == ["prepare", "network"]
    assert "infer" in stages
    total = await page.locator("#picture-waterfall .tv-waterfall-head b").inner_text()
    values = [float((await row.locator(".tv-waterfall-value").inner_text()).split()[0]) for row in await rows.all()]
    assert sum(values) == pytest.approx(float(total.split()[0]), abs=len(values))


async def test_classes_are_shown_as_bars(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red", "green", "blue", "yellow")
    await page.get_by_label("Classify").click()
    bars = page.locator(f"{seeing.VIEWER} .tv-bar")
    await expect(bars).to_have_count(5)
    await expect(page.locator(f"{seeing.VIEWER} .tv-meta")).to_contain_text("untrained weights")
