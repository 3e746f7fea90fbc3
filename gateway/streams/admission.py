"""How many sessions there may be."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.errors import TooManyStreams


class Streams:
    """The sessions of this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.open = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a session for the time of the block; raises `TooManyStreams`."""
        if self.open >= self._most:
            raise TooManyStreams
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1
