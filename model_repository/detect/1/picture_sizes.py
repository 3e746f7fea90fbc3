"""Heights and widths in a pipeline's configuration, as in `480x640, 640x480`.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Size = tuple[int, int]


def sizes(name: str, parameters: Mapping[str, str]) -> list[Size]:
    """Read the parameter `name` as (height, width), none where it is left out; ValueError where it is not that."""
    text = parameters.get(name, "")
    found = []
    for size in filter(None, (part.strip() for part in text.split(","))):
        height, _, width = size.partition("x")
        if not (height.isdigit() and width.isdigit()):
            raise ValueError(f"expected the parameter '{name}' to be shapes like 480x640, 640x480, got {text}")
        found.append((int(height), int(width)))
    return found
