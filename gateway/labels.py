"""Labels of metrics come from small closed sets: each new value is a new time series, for ever."""

from collections.abc import Iterable

from starlette.types import Scope

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OF_A_REQUEST, OF_A_PICTURE = ("read", "draw"), ("queue", "infer")  # the stages
OTHER = "other"
UNMATCHED = "unmatched"


class Bounded:
    """A closed set: whatever is not in it is `other`."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)

    def __call__(self, value: str) -> str:
        return value if value in self._known else OTHER


class Capped:
    """A set that grows to `most` values: those that come first have names, later ones are `other`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        if value not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(value)
        return value


def route_of(scope: Scope) -> str:
    """Return the template of the route that was taken, never the path that was sent."""
    path: str = getattr(scope.get("route"), "path", UNMATCHED)
    return path
