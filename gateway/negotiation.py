"""Which of the two forms of an answer the Accept header prefers."""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from gateway.errors import NotAcceptable


class Media(StrEnum):
    """What can be answered, the default first."""

    JSON = "application/json"
    JPEG = "image/jpeg"


@lru_cache(maxsize=256)
def negotiate(accept: str | None, offered: tuple[Media, ...] = tuple(Media)) -> Media:
    """Return the offered form with the highest quality (RFC 9110, 12.5.1), the first on a tie.

    Raises `NotAcceptable`.
    """
    if not accept or not accept.strip():
        return offered[0]
    ranges = dict(_ranges(accept))
    best = max(offered, key=lambda media: _quality(ranges, media))  # max keeps the first of equals
    if _quality(ranges, best) == 0:
        raise NotAcceptable
    return best


def _quality(ranges: dict[str, float], media: Media) -> float:
    """Of the ranges that match, the most specific one counts."""
    family = media.split("/")[0]
    matching = (ranges[name] for name in (media, f"{family}/*", "*/*") if name in ranges)
    return next(matching, 0.0)


def _ranges(accept: str) -> Iterator[tuple[str, float]]:
    for item in accept.lower().split(","):
        name, *parameters = (part.strip() for part in item.split(";"))
        weights = [value for value in parameters if value.startswith("q=")]
        yield name, _number(weights[0][2:]) if weights else 1.0


def _number(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
