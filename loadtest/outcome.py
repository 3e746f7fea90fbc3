"""How a request can end other than well.

    Exception
    └── RequestError         the answer is an error, or not what was asked for
        └── ShedError       the server said that it has too much to do: 503 or 429, or Triton's full queue

Whatever else is raised (refused connections, timeouts) counts as an error too.
"""

from __future__ import annotations

SHED_STATUSES = (429, 503)


class RequestError(Exception):
    """Its text is what Locust's report groups by: no ids and no figures in it."""


class ShedError(RequestError):
    """Load that the server declined, as it should when there is too much."""


def failed(status: int, what: str) -> RequestError:
    """Return the failure that an HTTP status stands for; `what` is the problem's slug or the start of the body."""
    return (ShedError if status in SHED_STATUSES else RequestError)(f"{status} {what}".strip())
