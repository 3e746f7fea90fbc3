"""Reading the parameters in a model's config; each error names the parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Threads:
    """How many runs take place at a time (NUM_STREAMS), and how many of INFERENCE_NUM_THREADS each of them has."""

    streams: int
    each: int

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Threads:
        """Read them; both are 1 unless said otherwise. Raises ValueError for what is no number."""
        streams = max(_integer("NUM_STREAMS", parameters), 1)
        return cls(streams, max(_integer("INFERENCE_NUM_THREADS", parameters) // streams, 1))


def number(name: str, value: str) -> str:
    """Return the value; ValueError names a parameter that is no number."""
    if not value.isdigit():
        raise ValueError(f"expected the parameter '{name}' to be a non-negative number, got {value}")
    return value


def choice(name: str, value: str, allowed: set[str]) -> str:
    """Return the value in capitals; ValueError names a parameter that is none of those `allowed`."""
    if value.upper() not in allowed:
        raise ValueError(f"expected the parameter '{name}' to be {' or '.join(sorted(allowed))}, got {value}")
    return value.upper()


def _integer(name: str, parameters: Mapping[str, str]) -> int:
    return int(number(name, parameters.get(name, "1")))
