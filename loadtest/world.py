"""What all users of a run share, and how a result gets into Locust's statistics."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from loadtest.pacing import Arrivals, BackToBack, Pacing, gaps
from loadtest.pictures import Pictures
from loadtest.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.clients import Client
    from loadtest.settings import Album, Load, Target


@dataclass(frozen=True, slots=True)
class World:
    """Users find it as `environment.world`."""

    target: Target
    pictures: Pictures
    recorder: Recorder
    arrivals: Mapping[str, Arrivals]
    """Of each kind of user, in an open loop; empty in a closed one."""

    @classmethod
    def of(cls, target: Target, album: Album, kinds: tuple[str, ...], load: Load) -> Self:
        """Make it; raises OSError and ValueError for a folder of pictures that cannot be used."""
        recorder = Recorder()
        arrivals = _open_loops(kinds, load, recorder) if load.shape == "open" else {}
        return cls(target, Pictures.of(album), recorder, arrivals)

    def pacing(self, kind: str) -> Pacing:
        return self.arrivals.get(kind) or BackToBack()


def _open_loops(kinds: tuple[str, ...], load: Load, recorder: Recorder) -> dict[str, Arrivals]:
    """Return the arrivals of each kind: an even share of the rate."""
    rate = load.rate / len(kinds)
    return {
        kind: Arrivals(gaps(rate, load.arrivals, load.seed + index), recorder.on_missed)
        for index, kind in enumerate(kinds)
    }


def report(environment: Any, client: Client, started: float, size: int, failure: Exception | None) -> None:
    """Tell Locust, and through its event everybody who listens, of a request that has ended now."""
    environment.events.request.fire(
        request_type=client.via,
        name=client.name,
        response_time=(time.perf_counter() - started) * 1e3,
        response_length=size,
        exception=failure,
        context={},
        started=started,
    )
