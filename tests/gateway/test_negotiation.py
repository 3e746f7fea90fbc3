import pytest

from gateway.errors import NotAcceptable
from gateway.negotiation import Media, negotiate

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (None, Media.JSON),
        ("", Media.JSON),
        ("*/*", Media.JSON),
        (CHROME, Media.JSON),
        ("application/json", Media.JSON),
        ("application/*", Media.JSON),
        ("image/jpeg, application/json", Media.JSON),
        ("image/jpeg;q=0.5, application/json;q=0.9", Media.JSON),
        ("image/jpeg", Media.JPEG),
        ("IMAGE/JPEG", Media.JPEG),
        ("image/*", Media.JPEG),
        ("image/jpeg, */*;q=0.1", Media.JPEG),
        ("application/json;q=0, */*", Media.JPEG),
    ],
)
def test_preferred_form(accept: str | None, media: Media) -> None:
    assert negotiate(accept) is media


@pytest.mark.parametrize("accept", ["text/html", "image/png", "*/*;q=0", "image/jpeg;q=x"])
def test_nothing_acceptable(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiate(accept)
