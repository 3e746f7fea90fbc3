"""Every request of a run, kept as it was: Locust's own statistics round to two digits and mix errors with answers."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from loadtest.outcome import ShedError


class Ending(Enum):
    GOOD = "good"
    ERROR = "error"
    SHED = "shed"


class Key(NamedTuple):
    """`name` is what was asked for, `via` the way."""

    name: str
    via: str


class Sample(NamedTuple):
    """Times are of `time.perf_counter`; the latency, from when the request was to start, is in milliseconds."""

    started: float
    latency_ms: float
    ending: Ending

    @property
    def ended(self) -> float:
        return self.started + self.latency_ms / 1e3


@dataclass(slots=True)
class Recorder:
    """Counts what started at `since` or later."""

    since: float = 0.0
    samples: defaultdict[Key, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    messages: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    """Frames that the server skipped for newer ones."""
    missed: int = 0
    """Arrivals for which there was no idle user."""

    def on_request(
        self,
        *,
        request_type: str,
        name: str,
        response_time: float,
        started: float,
        exception: BaseException | None = None,
        **_: object,
    ) -> None:
        """Listen to Locust's event `request`."""
        if started < self.since:
            return
        ending = Ending.SHED if isinstance(exception, ShedError) else Ending.ERROR if exception else Ending.GOOD
        self.samples[Key(name, request_type)].append(Sample(started, response_time, ending))
        if exception:
            self.messages[f"{ending.value}: {exception}"] += 1

    def on_missed(self, due: float) -> None:
        self.missed += due >= self.since

    def on_dropped(self, started: float) -> None:
        self.dropped += started >= self.since

    def everything(self) -> list[Sample]:
        return [sample for samples in self.samples.values() for sample in samples]
