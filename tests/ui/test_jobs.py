"""Many files: jobs with their progress, a gallery, and a ZIP to take along."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING
from zipfile import ZipFile

import httpx
import pytest
from playwright.async_api import expect

from tests.conftest import free_ports
from tests.ui import colours, processes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import FilePayload, Page

    from stack.settings import Settings
    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
BOX = (100, 80, 300, 400)


def file(name: str, content: bytes | None = None) -> FilePayload:
    return {
        "name": name,
        "mimeType": "image/png",
        "buffer": content or colours.picture(640, 480, {"red": BOX, "cyan": (400, 20, 500, 90)}),
    }


async def send(page: Page, *files: FilePayload) -> None:
    await page.get_by_role("tab", name="Batch").click()
    await page.locator("#view-batch input[type=file]").set_input_files(list(files))
    await expect(page.locator("#files")).to_contain_text(files[-1]["name"].partition(".")[0])
    await page.get_by_role("button", name="Start", exact=True).click()


async def test_files_become_jobs_and_results_a_zip(page: Page) -> None:
    large = colours.picture(3200, 2400, {"red": (500, 400, 1500, 2000)})
    await send(page, *(file(f"p{number}.png") for number in range(5)), file("large.png", large))
    await expect(page.locator("tv-batch figure")).to_have_count(6)
    await expect(page.locator(".tv-job")).to_have_count(2)
    await expect(page.locator('.tv-job[data-status="completed"]')).to_have_count(2)
    await expect(page.locator("tv-batch figcaption").first).to_contain_text("1 object: red")
    shown = page.locator("tv-batch figure img").first
    assert await shown.evaluate("async (image) => { await image.decode(); return image.naturalWidth; }") == 640
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Download ZIP").click()
    with ZipFile(await (await saving.value).path()) as packed:
        results = json.loads(packed.read("results.json"))
        rows = list(csv.DictReader(io.StringIO(packed.read("results.csv").decode())))
        assert len([name for name in packed.namelist() if name.startswith("annotated/")]) == 6
    assert [one["file"] for one in results["files"]][-1] == "large.png"
    assert [row["label"] for row in rows] == ["red"] * 6
    assert float(rows[-1]["x_min"]) == pytest.approx(500, abs=15)  # in pixels of the original


async def test_a_file_that_is_no_picture_does_not_spoil_the_rest(page: Page) -> None:
    await send(page, file("good.png"), file("broken.png", b"not a picture"))
    await expect(page.locator("tv-batch figure")).to_have_count(1)
    await expect(page.locator(".tv-problems li")).to_contain_text("broken.png")


async def test_what_only_the_server_sees_to_be_broken_is_told_for_that_file(page: Page) -> None:
    whole = colours.picture(640, 480, {"red": BOX}, "JPEG")
    await send(page, file("torn.jpg", whole[: len(whole) // 2]), file("good.png"))
    await expect(page.locator("tv-batch figure")).to_have_count(1)
    await expect(page.locator("tv-batch figcaption b")).to_have_text("good.png")
    await expect(page.locator(".tv-problems li")).to_contain_text("torn.jpg")
    await expect(page.locator(".tv-problems li")).to_contain_text("decoded")
    await expect(page.locator("tv-batch h2")).to_have_text("1 picture of 2 looked at")


@pytest.fixture
async def idle(visits: Visits, ui_stack: Settings, tmp_path: Path) -> AsyncIterator[tuple[Page, processes.Process]]:
    """Open a page whose gateway takes jobs and works on none, so that they wait for as long as a test wants."""
    gateway_port, ui_port = free_ports(2)
    gateway = processes.gateway(ui_stack, gateway_port, tmp_path, GATEWAY_JOB_WORKERS="0")
    gateway.start()
    try:
        with processes.serving_page(gateway.url, ui_port, tmp_path) as serving:
            page = await visits.open(serving.url)
            yield page, gateway
            await page.close()  # before its server goes, which it would complain about
    finally:
        gateway.kill()


async def test_the_place_in_the_line_is_shown_and_moves_up(idle: tuple[Page, processes.Process]) -> None:
    page, gateway = idle
    await send(page, *(file(f"p{number}.png") for number in range(9)))
    jobs = page.locator(".tv-job")
    await expect(jobs.locator(".tv-job-state")).to_have_text(
        ["Waiting, place 1", "Waiting, place 2", "Waiting, place 3"]
    )
    await expect(jobs.first.locator(".tv-job-name")).to_have_text("p0.png and 3 others")
    await page.wait_for_timeout(2000)  # the page has looked and seen nothing new; it goes on looking
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        await client.delete(f"/v1/jobs/{await jobs.first.get_attribute('data-job')}")
    # Sooner than a page looks again that takes an answer for lost.
    after = ["Cancelled", "Waiting, place 1", "Waiting, place 2"]
    await expect(jobs.locator(".tv-job-state")).to_have_text(after, timeout=10_000)
    await expect(jobs.first.get_by_role("button")).to_be_hidden()


async def test_cancelling_reaches_the_gateway(idle: tuple[Page, processes.Process]) -> None:
    page, gateway = idle
    await send(page, *(file(f"p{number}.png") for number in range(9)))
    jobs = page.locator(".tv-job")
    await expect(jobs).to_have_count(3)
    ids = [await jobs.nth(place).get_attribute("data-job") for place in range(3)]
    await jobs.nth(1).get_by_role("button", name="Cancel").click()
    await expect(jobs.nth(1)).to_have_attribute("data-status", "cancelled")
    async with httpx.AsyncClient(base_url=gateway.url) as client:

        async def told() -> list[str]:
            return [(await client.get(f"/v1/jobs/{one}")).json()["status"] for one in ids]

        assert await told() == ["queued", "cancelled", "queued"]
        await page.get_by_role("button", name="Cancel all").click()
        await expect(page.locator('.tv-job[data-status="cancelled"]')).to_have_count(3)
        assert await told() == ["cancelled"] * 3
    await expect(page.locator("tv-batch h2")).to_have_text("0 pictures of 9 looked at")
    await expect(page.get_by_role("button", name="Cancel all")).to_have_count(0)
    await expect(page.get_by_role("button", name="Download ZIP")).to_be_disabled()


async def test_jobs_that_the_gateway_forgot_are_said_to_be_lost(idle: tuple[Page, processes.Process]) -> None:
    """It keeps them in its process, and that ends."""
    page, gateway = idle
    await send(page, file("one.png"))
    await expect(page.locator(".tv-job-state")).to_have_text("Waiting, place 1")
    gateway.kill()
    await expect(page.locator(".tv-batch-trouble")).to_contain_text("this page keeps looking")
    gateway.start()
    await expect(page.locator(".tv-job-problem")).to_contain_text("does not keep these results any more")
    await expect(page.locator(".tv-job")).to_have_attribute("data-status", "failed")
    await expect(page.locator(".tv-batch-trouble")).to_be_hidden()


async def test_a_picture_that_was_deleted_is_said_to_be_gone(page: Page, visits: Visits) -> None:
    visits.expected.append("404")
    await page.route("**/gradio_api/file=**", lambda route: route.fulfill(status=404))  # as it is after UI_KEEP_SECONDS
    await send(page, file("one.png"))
    await expect(page.get_by_text("not kept any more")).to_be_visible()


async def test_nothing_chosen_is_said(page: Page) -> None:
    await page.get_by_role("tab", name="Batch").click()
    await page.get_by_role("button", name="Start", exact=True).click()
    await expect(page.get_by_text("Please choose some pictures first.")).to_be_visible()
