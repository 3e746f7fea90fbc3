"""Who sent a request, as everything behind the access middleware sees it."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.types import Scope

STATE_KEY = "principal"


class Right(StrEnum):
    """What a key or a token can allow; a token's `scope` claim uses the same words."""

    INFER = "infer"
    JOBS = "jobs"
    STREAM = "stream"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Principal:
    """`name` is `key:<name>` or `jwt:<sub>`: what one way in calls somebody cannot be claimed through the other.

    `quota` is in requests per minute; None stands for the default of the settings, 0 for no limit.
    """

    name: str
    rights: frozenset[Right]
    quota: int | None = None


def principal_of(scope: Scope) -> Principal | None:
    """Return None for an anonymous request: access control is off, or the path is open to all."""
    principal: Principal | None = scope.get("state", {}).get(STATE_KEY)
    return principal
