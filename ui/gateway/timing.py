"""Where the time went: the `Server-Timing` header of the gateway, and what the UI itself measured around it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the gateway's work, in the order in which it was begun."""

    name: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """`round_trip_ms` was measured in the UI; the gateway says the rest."""

    stages: tuple[Stage, ...] = ()
    total_ms: float = 0.0
    round_trip_ms: float = 0.0
    prepare_ms: float = 0.0
    """Time the UI took to check, scale down and compress the picture before it was sent."""

    @property
    def network_ms(self) -> float:
        return max(self.round_trip_ms - self.total_ms, 0.0)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "network_ms": self.network_ms}


def parse(header: str, round_trip_ms: float = 0.0, prepare_ms: float = 0.0) -> Timing:
    """Read `read;dur=0.32, infer;dur=24.90, total;dur=26.04`; what cannot be read is left out."""
    found = dict(stage for part in header.split(",") if (stage := _stage(part)))
    total = found.pop(TOTAL, sum(found.values()))
    return Timing(tuple(Stage(*one) for one in found.items()), total, round_trip_ms, prepare_ms)


def _stage(part: str) -> tuple[str, float] | None:
    name, _, rest = part.strip().partition(";dur=")
    try:
        return (name, float(rest.partition(";")[0])) if name else None
    except ValueError:
        return None
