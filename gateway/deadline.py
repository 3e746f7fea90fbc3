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
