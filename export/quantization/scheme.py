"""How a network becomes 8 bits."""

from dataclasses import dataclass
from typing import Literal

Ranges = Literal["largest", "entropy", "percentile"]
"""That of all values seen, that which loses the least information, or that of all but one in ten thousand: what is rare
makes every step coarser."""


@dataclass(frozen=True)
class Scheme:
    """`symmetric` activations are signed and have no zero point.

    The others are unsigned and use all 256 steps, however unequal their two sides are.
    """

    symmetric: bool
    ranges: Ranges
    """Of activations."""
    keep_first: bool = False
    """Whether the first layer stays as it is: all that is seen goes through its few channels."""
