"""What a visitor does with a picture, and what is then to be seen."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image
from playwright.async_api import expect

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

VIEWER = "#picture-viewer"
MEASURE = (Path(__file__).parent / "scripts/measure.js").read_text()
Rectangle = tuple[float, float, float, float]


class Seen(NamedTuple):
    """Boxes by label, in pixels of the picture and of the screen."""

    in_picture: dict[str, Rectangle]
    on_screen: dict[str, Rectangle]


async def upload(page: Page, content: bytes, name: str = "picture.png") -> None:
    kind = {"png": "image/png", "jpg": "image/jpeg"}.get(name.rpartition(".")[2], "application/octet-stream")
    chooser = page.locator("#view-picture input[type=file]").first
    await chooser.set_input_files({"name": name, "mimeType": kind, "buffer": content})


def boxes(page: Page) -> Locator:
    return page.locator(f"{VIEWER} .tv-box")


async def expect_labels(page: Page, *labels: str) -> None:
    """Wait until exactly these boxes are shown."""
    await expect(boxes(page)).to_have_count(len(labels))
    assert {await box.get_attribute("data-label") for box in await boxes(page).all()} == set(labels)


async def see(page: Page) -> Seen:
    await page.locator(f"{VIEWER} img.tv-picture").scroll_into_view_if_needed()
    found = await page.locator(VIEWER).evaluate(MEASURE)
    left, top, right, bottom = found["picture"]
    x, y = found["size"][0] / (right - left), found["size"][1] / (bottom - top)
    on_screen = {label: tuple(box) for label, box in found["boxes"]}
    in_picture = {
        label: ((box[0] - left) * x, (box[1] - top) * y, (box[2] - left) * x, (box[3] - top) * y)
        for label, box in on_screen.items()
    }
    return Seen(in_picture, on_screen)


async def screenshot(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(await page.screenshot())).convert("RGB")


def confidence_number(page: Page) -> Locator:
    return page.locator("#view-picture").get_by_label("number input for Confidence")


async def confidence(page: Page, value: float) -> None:
    """Move the slider as the keyboard does: its number, then Enter."""
    number = confidence_number(page)
    await number.fill(str(value))
    await number.press("Enter")
