"""How many users there are at a time: closed loops, in which everybody waits for an answer before asking again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtest.settings import Load

# A spike is the third fifth of a run: as much again before it, to compare with, and after it, to see the recovery.
SPIKE = (0.4, 0.6)
# A soak begins slowly: it is to show what hours do, not what a cold start does.
SOAK_START = 0.05


def users_at(load: Load, second: float) -> int:
    """Return the number of users at this time of the run; at least one."""
    part = second / load.duration
    match load.shape:
        case "open":
            return load.max_in_flight
        case "ramp":
            return max(1, math.ceil(load.users * part))
        case "spike":
            return round(load.users * load.peak) if SPIKE[0] <= part < SPIKE[1] else load.users
        case "soak":
            return max(1, math.ceil(load.users * min(1.0, part / SOAK_START)))
        case _:
            return load.users
