"""Tasks by themselves: another one is chosen, and the same picture is looked at again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.ui import colours, seeing

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.anyio
PICTURE = colours.picture(640, 480, {"red": (60, 80, 220, 400)})


async def choose(page: Page, task: str) -> None:
    await page.locator("#picture-task").get_by_text(task, exact=True).click()


async def test_classes_are_bars_and_their_number_is_set(page: Page) -> None:
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red")
    await choose(page, "Classify")
    bars = page.locator(f"{seeing.VIEWER} .tv-bar")
    await expect(bars).to_have_count(5)
    number = page.locator("#view-picture").get_by_label("number input for Classes")
    await number.fill("3")
    await number.press("Enter")
    await expect(bars).to_have_count(3)


async def test_each_task_has_its_own_settings(page: Page) -> None:
    view = page.locator("#view-picture")
    await expect(view.get_by_label("number input for Confidence")).to_be_visible()
    await choose(page, "Classify")
    await expect(view.get_by_label("number input for Classes")).to_be_visible()
    await expect(view.get_by_label("number input for Confidence")).to_be_hidden()
    await choose(page, "Detect")
    await expect(view.get_by_label("number input for Confidence")).to_be_visible()


async def test_another_model_of_the_task_is_asked(page: Page) -> None:
    await seeing.upload(page, colours.picture(640, 480, {"red": (60, 80, 220, 400), "green": (300, 60, 420, 160)}))
    await seeing.expect_labels(page, "red", "green")
    await page.locator("#picture-model input").click()
    await page.get_by_role("option", name="detect_warm").click()
    await seeing.expect_labels(page, "red")


async def test_a_task_that_the_page_does_not_know_is_shown_as_it_is(page: Page) -> None:
    answer = {"task": "caption", "image": "ui/samples/lion.jpg", "width": 1, "height": 1, "model": "m", "version": "1"}
    data = {**answer, "weights": "custom", "inference_time_ms": 1, "raw": {"caption": "<b>a lion</b>"}}
    await page.evaluate(
        "([selector, data]) => { document.querySelector(selector).data = data; }", ["#picture-viewer tv-viewer", data]
    )
    await expect(page.locator(f"{seeing.VIEWER} .tv-raw")).to_contain_text('"caption": "<b>a lion</b>"')


async def test_an_example_is_looked_at(page: Page) -> None:
    await page.locator("#view-picture").get_by_role("button", name="Example: Lion").click()
    await expect(page.locator(f"{seeing.VIEWER} .tv-meta")).to_contain_text("256 × 256 px")  # noqa: RUF001 - what the page shows
