"""The camera, live: a file stands in for it."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from anyio import to_thread
from playwright.async_api import async_playwright, expect

from tests.conftest import free_ports
from tests.ui import browsers, colours, processes
from tests.ui.visits import Visits
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from playwright.async_api import Page

    from stack.settings import Settings

pytestmark = pytest.mark.anyio
BOX = (100, 80, 300, 400)
SEEN = {"red": BOX, "blue": (400, 240, 600, 420)}
# A line of the picture that is seen, in pixels of the camera: from where to where it is red, and has a red thing's box.
LINE = """(y) => {
  const canvas = document.querySelector('tv-live canvas'), scale = 640 / canvas.width, red = [], box = [];
  const { data } = canvas.getContext('2d').getImageData(0, y / scale, canvas.width, 1);
  for (let x = 0; x < canvas.width; x++) {
    const [r, g, b] = data.slice(4 * x, 4 * x + 3);
    if (r > 180 && g < 50 && b < 50) red.push(x * scale);
    if (Math.hypot(r - 0xff, g - 0x5c, b - 0x50) < 12) box.push(x * scale);
  }
  return { red: [red[0], red.at(-1)], box: [box[0], box.at(-1)] };
}"""


@asynccontextmanager
async def filming(film: Path, frames: Iterable[bytes]) -> AsyncIterator[Visits]:
    """Open pages in a browser whose camera shows these frames over and over, and is allowed."""
    await to_thread.run_sync(film.write_bytes, b"".join(frames))
    camera = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    async with async_playwright() as playwright:
        browser = await browsers.launch(playwright, *camera, f"--use-file-for-fake-video-capture={film}")
        async with Visits(browser) as visits:
            yield visits
        await browser.close()


@pytest.fixture
async def filmed(tmp_path: Path) -> AsyncIterator[Visits]:
    """Film two rectangles that stand still."""
    async with filming(tmp_path / "camera.mjpeg", [colours.picture(640, 480, SEEN, "JPEG")] * 10) as visits:
        yield visits


async def start(page: Page) -> None:
    await page.get_by_role("tab", name="Live").click()
    await page.get_by_role("button", name="Start camera").click()


async def expect_state(page: Page, state: str) -> None:
    await expect(page.locator("tv-live")).to_have_attribute("data-state", state)


async def test_what_the_camera_shows_is_found_and_drawn(filmed: Visits, ui_stack: Settings) -> None:
    page = await filmed.open(str(ui_stack.ui_url))
    await start(page)
    await expect_state(page, "live")
    await expect(page.locator(".tv-live-found li")).to_have_count(2)
    line = await page.evaluate(LINE, 240)
    assert line["box"] == pytest.approx([BOX[0], BOX[2]], abs=4)
    assert line["red"] == pytest.approx([BOX[0], BOX[2]], abs=6)  # the box's line covers its edge
    await expect(page.locator("[data-figure=rate] b")).not_to_have_text("0.0")
    await expect(page.locator("[data-figure=latency] b")).to_have_text(re.compile(r"\d+"))
    await expect(page.locator("[data-figure=dropped]")).to_contain_text("of")
    await page.get_by_role("button", name="Stop").click()
    await expect_state(page, "idle")


async def test_the_confidence_counts_within_the_session(filmed: Visits, ui_stack: Settings) -> None:
    page = await filmed.open(str(ui_stack.ui_url))
    opened: list[str] = []
    page.on("websocket", lambda socket: opened.append(socket.url))
    await start(page)
    await expect(page.locator(".tv-live-found li")).to_have_count(2)
    number = page.locator("#view-live").get_by_label("number input for Confidence")
    await number.fill("0.8")
    await number.press("Enter")
    await expect(page.locator(".tv-live-found li")).to_have_count(1)
    await expect(page.locator(".tv-live-found li")).to_have_attribute("data-label", "red")
    assert len(opened) == 1


async def test_leaving_the_tab_switches_the_camera_off(filmed: Visits, ui_stack: Settings) -> None:
    page = await filmed.open(str(ui_stack.ui_url))
    await start(page)
    await expect_state(page, "live")
    await page.get_by_role("tab", name="Batch").click()
    await expect_state(page, "idle")
    assert await page.evaluate("document.querySelector('tv-live video').srcObject") is None


async def test_a_gateway_that_comes_back_is_found_again(filmed: Visits, ui_stack: Settings, tmp_path: Path) -> None:
    gateway_port, ui_port = free_ports(2)
    gateway = processes.gateway(ui_stack, gateway_port, tmp_path)
    gateway.start()
    try:
        with processes.serving_page(gateway.url, ui_port, tmp_path) as serving:
            page = await filmed.open(serving.url)
            await start(page)
            await expect_state(page, "live")
            gateway.kill()
            await expect_state(page, "reconnecting")
            await expect(page.locator(".tv-live-found li")).to_have_count(0)
            gateway.start()
            await expect_state(page, "live")
            await expect(page.locator(".tv-live-found li")).to_have_count(2)
            await page.close()  # before its server goes, which it would complain about
    finally:
        gateway.kill()


async def test_boxes_belong_to_the_very_frame_that_is_seen(ui_stack: Settings, tmp_path: Path) -> None:
    """Things that move fast are where their boxes are, however long the answer took."""
    places = range(40, 400, 24)  # at 30 frames a second, an answer that is 100 ms old is 72 pixels off
    film = [colours.picture(640, 480, {"red": (left, 80, left + 160, 400)}, "JPEG") for left in places]
    async with filming(tmp_path / "camera.mjpeg", film) as visits:
        page = await visits.open(str(ui_stack.ui_url))
        await start(page)
        await expect_state(page, "live")
        lines: list[dict[str, list[float]]] = []

        async def moved() -> bool:
            lines.append(await page.evaluate(LINE, 240))
            return len(lines) >= 8 and len({line["red"][0] for line in lines}) > 3

        await until(moved, lambda: str(lines))
    for line in lines:
        assert line["box"] == pytest.approx(line["red"], abs=8), lines


async def test_classes_of_the_whole_frame_are_listed(filmed: Visits, ui_stack: Settings) -> None:
    page = await filmed.open(str(ui_stack.ui_url))
    await page.get_by_role("tab", name="Live").click()
    await page.locator("#live-task").get_by_label("Classify").check()
    await page.get_by_role("button", name="Start camera").click()
    await expect_state(page, "live")
    await expect(page.locator(".tv-live-found li")).to_have_count(5)
    await expect(page.locator(".tv-live-found li").first).to_contain_text("%")
    await expect(page.locator("tv-live .tv-meta")).to_contain_text("resnet50")
    line = await page.evaluate(LINE, 240)
    assert line["red"] == pytest.approx([BOX[0], BOX[2]], abs=4)
    assert line["box"] == [None, None]
    await page.locator("#live-task").get_by_label("Detect").check()  # within the session
    await expect(page.locator(".tv-live-found li")).to_have_count(2)


async def test_a_camera_that_is_refused_is_explained(page: Page) -> None:
    """The browser of the other tests has no camera, and asks nobody."""
    await start(page)
    await expect_state(page, "failed")
    await expect(page.get_by_role("alert").filter(has_text="camera")).to_be_visible()
    await expect(page.get_by_role("button", name="Start camera")).to_be_visible()


REJECT = """name => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", name)); }"""
INSECURE = """() => Object.defineProperty(navigator, "mediaDevices", { value: undefined })"""


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("NotAllowedError", "Allow it in the address bar"),
        ("NotFoundError", "No camera was found"),
        ("NotReadableError", "in use by another program"),
        ("AbortError", "could not be started (AbortError)"),
        (None, "https"),
    ],
)
async def test_why_there_is_no_camera_is_said(page: Page, name: str | None, sentence: str) -> None:
    await page.evaluate(REJECT if name else INSECURE, name)
    await start(page)
    await expect_state(page, "failed")
    await expect(page.locator(".tv-live-message")).to_contain_text(sentence)


async def test_a_camera_that_was_in_use_can_be_started_later(filmed: Visits, ui_stack: Settings) -> None:
    page = await filmed.open(str(ui_stack.ui_url))
    await page.evaluate("() => { window.media = navigator.mediaDevices.getUserMedia; }")
    await page.evaluate(REJECT, "NotReadableError")
    await start(page)
    await expect_state(page, "failed")
    await page.evaluate("() => { navigator.mediaDevices.getUserMedia = window.media; }")
    await page.get_by_role("button", name="Start camera").click()
    await expect_state(page, "live")
    await expect(page.locator(".tv-live-message")).to_be_hidden()
