"""What goes into an engine, by name, whichever library runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Shapes = Mapping[str, tuple[int, ...]]


def bytes_of(shapes: Shapes) -> dict[str, Array]:
    """Return inputs of these shapes."""
    return {name: np.zeros(shape, np.uint8) for name, shape in shapes.items()}
