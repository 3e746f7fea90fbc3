"""What the gateway refuses is told as a sentence that helps; what passes is tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from gateway import errors
from tests.conftest import free_ports
from tests.ui import colours, processes, seeing, wire

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from gateway.errors import GatewayError
    from stack.settings import Settings
    from tests.ui.visits import Visits
    from tests.ui.wire import Wire

pytestmark = pytest.mark.anyio
PICTURE = colours.picture(640, 480, {"red": (60, 80, 220, 400)})
ADVICE = {429: "Please wait a little.", **dict.fromkeys((503, 504), "Please try again in a moment.")}
PROBLEMS: list[GatewayError] = [
    errors.BodyTooLarge(),
    errors.TooManyPixels(),
    errors.NotAnImage(),
    errors.CorruptImage(),
    errors.UnknownModel(),
    errors.MissingScope(),
    errors.QuotaExceeded.until(60, 1),
    errors.Overloaded(),
    errors.TritonUnavailable(),
    errors.DeadlineExceeded(),
    errors.InternalError(),
]
TORN = colours.picture(640, 480, {"red": (60, 80, 220, 400)}, "JPEG")[:-2000]
# Many times what an answer takes, and less than a test waits.
TIMEOUT_SECONDS = 5
ERROR = f"{seeing.VIEWER} .tv-error"


@pytest.fixture(scope="module")
async def line(ui_stack: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Wire, str]]:
    """Return a line to the gateway and the address of a page at its end."""
    folder = tmp_path_factory.mktemp("line")
    async with wire.stretched(ui_stack.gateway_url) as (laid, address):
        with processes.serving_page(address, free_ports(1)[0], folder, UI_TIMEOUT_SECONDS=f"{TIMEOUT_SECONDS}") as page:
            yield laid, page.url


@pytest.fixture
async def laid(line: tuple[Wire, str]) -> AsyncIterator[Wire]:
    yield line[0]
    line[0].mend()


@pytest.fixture
async def page(line: tuple[Wire, str], visits: Visits) -> Page:
    return await visits.open(line[1])


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda one: f"{one.status}-{one.slug}")
async def test_a_refusal_is_told_in_the_gateways_words(page: Page, laid: Wire, problem: GatewayError) -> None:
    laid.problem = problem
    await seeing.upload(page, PICTURE)
    error = page.locator(ERROR)
    await expect(error).to_have_attribute("role", "alert")
    await expect(error).to_contain_text(problem.detail)
    # Hints about headers are for programs.
    await expect(error).to_contain_text(ADVICE.get(problem.status, problem.hint))


@pytest.mark.parametrize("problem", [errors.QuotaExceeded.until(60, 1), errors.TritonUnavailable()])
async def test_what_passes_is_tried_again(page: Page, laid: Wire, problem: GatewayError) -> None:
    laid.problem = problem
    await seeing.upload(page, PICTURE)
    await expect(page.locator(ERROR)).to_contain_text("tries again")
    laid.mend()
    await seeing.expect_labels(page, "red")


async def test_what_does_not_pass_is_not_tried_again(page: Page, laid: Wire) -> None:
    laid.problem = errors.CorruptImage()
    await seeing.upload(page, PICTURE)
    await expect(page.locator(ERROR)).to_be_visible()
    asked = laid.detections
    await page.wait_for_timeout(2500)
    assert laid.detections == asked
    await expect(page.locator(ERROR)).not_to_contain_text("tries again")


@pytest.mark.parametrize("answer", [b"", b"<html>a proxy</html>", b'{"model": "m"}', b'{"detections": "many"}'])
async def test_an_answer_that_is_none_is_not_believed(page: Page, laid: Wire, answer: bytes) -> None:
    laid.answer = answer
    await seeing.upload(page, PICTURE)
    await expect(page.locator(ERROR)).to_contain_text("does not understand")


async def test_no_answer_is_not_waited_for_for_ever(page: Page, laid: Wire) -> None:
    laid.silent = True
    await seeing.upload(page, PICTURE)
    await expect(page.locator(ERROR)).to_contain_text("did not answer in time")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.png", b"", "empty"),
        ("text.png", b"not a picture at all", "JPEG, PNG or WebP"),
        ("torn.jpg", TORN, "cannot be decoded"),
    ],
)
async def test_a_file_that_is_no_picture_is_told_so(page: Page, name: str, content: bytes, words: str) -> None:
    await seeing.upload(page, content, name)
    await expect(page.locator(ERROR)).to_contain_text(words)
