"""Cancellations that a library loses on the way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def kept_cancellation() -> Iterator[None]:
    """Raise `CancelledError` at the end of the block, if its task was cancelled in it and goes on all the same.

    Before Python 3.12 `asyncio.wait_for`, with which redis-py sends, loses a cancellation that comes in the moment of
    the result: a worker that was told to end would work for ever, and who waits for its end would wait for ever.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("there is no task that could be cancelled")
    before = task.cancelling()
    try:
        yield
    except Exception as error:
        if task.cancelling() > before:
            raise asyncio.CancelledError from error
        raise
    if task.cancelling() > before:
        raise asyncio.CancelledError
