"""The moment by which a request must be answered, handed down to every call made for it."""

import time
from dataclasses import dataclass

from gateway.errors import DeadlineExceeded


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock: time spent waiting anywhere counts for all calls that follow."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left, more than 0; raises `DeadlineExceeded` when there are none."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise DeadlineExceeded
        return left


def granted(default_seconds: float, most_seconds: float, *asked_ms: int | None) -> float:
    """Return the least of the times that were asked for, or else the default, but never more than the most."""
    asked = [milliseconds / 1e3 for milliseconds in asked_ms if milliseconds is not None]
    return min([*(asked or [default_seconds]), most_seconds])
