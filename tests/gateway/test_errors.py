from pathlib import Path

import pytest

from gateway import errors
from gateway.errors import BodyTooLarge, GatewayError, TryAgain
from gateway.routes.problems import kinds

LEAVES = sorted(kinds(), key=lambda kind: kind.slug)
DOCUMENT = Path(__file__).parents[2] / "docs" / "gateway.md"


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_is_complete_and_documented(kind: type[GatewayError]) -> None:
    assert kind.title
    assert kind.detail.endswith(".")
    assert kind.hint.endswith((".", "picture.jpg"))
    row = next(line for line in DOCUMENT.read_text().splitlines() if f"| `{kind.slug}` |" in line)
    assert f"| {kind.status} |" in row


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_is_drawn_in_the_tree(kind: type[GatewayError]) -> None:
    drawn = [line for line in (errors.__doc__ or "").splitlines() if f"── {kind.__name__}" in line]
    assert len(drawn) == 1
    assert str(kind.status) in drawn[0] or issubclass(kind, TryAgain)


def test_slugs_are_unique() -> None:
    assert len({kind.slug for kind in LEAVES}) == len(LEAVES)


def test_an_error_says_what_its_class_says_unless_told_otherwise() -> None:
    assert BodyTooLarge().detail == BodyTooLarge.detail
    assert BodyTooLarge("21 MB").detail == "21 MB"


@pytest.mark.parametrize("kind", [kind for kind in LEAVES if kind.status == 503])
def test_503_says_when_to_come_back(kind: type[TryAgain]) -> None:
    assert int(kind().headers["retry-after"]) >= 1
