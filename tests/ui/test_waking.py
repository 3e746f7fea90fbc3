"""A gateway that sleeps, dies and comes back: the page says so, waits and goes on by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.conftest import free_ports
from tests.ui import colours, processes, seeing
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stack.settings import Settings
    from tests.ui.processes import Process
    from tests.ui.visits import Visits

pytestmark = pytest.mark.anyio
PICTURE = colours.picture(640, 480, {"red": (60, 80, 220, 400)})
OTHER = colours.picture(640, 480, {"blue": (60, 80, 220, 400)})
SURE_AND_UNSURE = colours.picture(640, 480, {"red": (60, 80, 220, 400), "blue": (300, 80, 420, 400)})
BANNER = "tv-connection .tv-banner-waking"


@pytest.fixture
def gateway(ui_stack: Settings, tmp_path: Path) -> Iterator[Process]:
    """Return a gateway that sleeps."""
    process = processes.gateway(ui_stack, free_ports(1)[0], tmp_path)
    yield process
    process.kill()


@pytest.fixture
def served(gateway: Process, tmp_path: Path) -> Iterator[Process]:
    with processes.serving_page(gateway.url, free_ports(1)[0], tmp_path) as page:
        yield page


@pytest.fixture
def page_url(served: Process) -> str:
    return served.url


async def test_a_page_opened_too_early_wakes_up(gateway: Process, page_url: str, visits: Visits) -> None:
    page = await visits.open(page_url)
    await expect(page.locator(BANNER)).to_contain_text("Waking up")
    # What is dropped meanwhile is not lost.
    await seeing.upload(page, PICTURE)
    await expect(page.locator(f"{seeing.VIEWER} .tv-error")).to_contain_text("does not answer")
    gateway.start()
    await seeing.expect_labels(page, "red")
    await expect(page.locator(BANNER)).to_have_count(0)
    await expect(page.get_by_label("Model", exact=True).first).to_have_value("colours")


async def test_a_killed_gateway_is_told_of_and_found_again(gateway: Process, page_url: str, visits: Visits) -> None:
    gateway.start()
    page = await visits.open(page_url)
    await seeing.upload(page, PICTURE)
    await seeing.expect_labels(page, "red")
    gateway.kill()
    await page.get_by_role("button", name="Remove Image").first.click()
    await seeing.upload(page, OTHER)
    await expect(page.locator(f"{seeing.VIEWER} .tv-error")).to_contain_text("does not answer")
    await expect(page.locator(BANNER)).to_contain_text("Waking up")
    gateway.start()
    await seeing.expect_labels(page, "blue")
    await expect(page.locator(BANNER)).to_have_count(0)


async def test_what_a_visitor_set_before_the_models_were_known_stays(
    gateway: Process, page_url: str, visits: Visits
) -> None:
    page = await visits.open(page_url)
    await seeing.confidence(page, 0.7)
    gateway.start()
    await expect(page.get_by_label("Model", exact=True).first).to_have_value("colours")  # comes with the settings
    await expect(seeing.confidence_number(page)).to_have_value("0.7")
    await seeing.upload(page, SURE_AND_UNSURE)
    await seeing.expect_labels(page, "red")


async def test_a_page_at_rest_asks_nothing(gateway: Process, page_url: str, visits: Visits) -> None:
    gateway.start()
    page = await visits.open(page_url)
    asked = await visits.settled(page)
    await page.wait_for_timeout(2000)
    assert len(visits.calls()) == asked


async def test_an_open_page_does_not_keep_the_server_from_ending(
    gateway: Process, served: Process, visits: Visits
) -> None:
    gateway.start()
    await visits.open(served.url)
    assert served.running
    served.running.terminate()
    assert served.running.wait(PATIENCE) is not None
    visits.expected.extend(
        ("Failed to load resource", "net::ERR", "Failed to fetch", "Connection errored out")
    )  # the page notices
