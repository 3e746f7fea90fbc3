"""A frame and its answer."""

import time
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from gateway.call import Call
from gateway.streams.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Frame:
    """`number` counts the frames that were received, from 0; `wanted` is what was set when it came."""

    number: int
    wanted: Wanted
    image: bytes
    call: Call
    arrived: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is either a `result` or an `error`; `picture` an annotated JPEG."""

    frame: Frame
    body: dict[str, Any]
    picture: bytes | None = None

    def message(self, dropped: int) -> str:
        """Return it as JSON, with the time since the frame came; `dropped` counts for the whole session."""
        latency_ms = (time.perf_counter() - self.frame.arrived) * 1e3
        head = {"frame": self.frame.number, **self.body}
        return to_json(head | {"dropped": dropped, "latency_ms": round(latency_ms, 2)}).decode()
