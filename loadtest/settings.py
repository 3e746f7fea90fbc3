"""Everything a run can be told, in one typed place. Times are seconds, rates are per second."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

KINDS = ("detect", "classify", "job", "stream", "triton-grpc", "triton-http")
SHAPES = ("steady", "ramp", "spike", "soak", "open")
TASKS = ("detect", "classify")


class _FromOptions:
    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Self:
        """Take from the command line what this class has fields for."""
        return cls(**{field.name: getattr(options, field.name) for field in fields(cls)})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Target(_FromOptions):
    """Who is asked, and how."""

    target: str = "http://127.0.0.1:8080"
    triton_grpc: str = "127.0.0.1:8001"
    triton_http: str = "127.0.0.1:8000"
    api_key: str | None = None
    task: str = "detect"
    """What jobs, streams and Triton's clients ask for."""
    timeout: float = 30.0
    job_wait: str = "poll"
    poll: float = 0.05
    """Between two looks at a job; a job's latency is known no better than this."""
    fps: float = 0.0
    """Frames a camera sends, whether earlier ones have come back or not; 0: the next frame follows an answer."""


@dataclass(frozen=True)
class Album(_FromOptions):
    """Which pictures are sent."""

    images: Path | None = None
    pictures: int = 16
    """Number of generated pictures, where there is no folder."""
    seed: int = 1


@dataclass(frozen=True)
class Load(_FromOptions):
    """How much is asked, and when. Raises ValueError for a load that is none."""

    shape: str = "steady"
    users: int = 8
    duration: float = 30.0
    warmup: float = 0.0
    """Answers to requests that started this early are not counted."""
    peak: float = 5.0
    """Users in a spike, as a multiple of `users`."""
    rate: float = 10.0
    arrivals: str = "constant"
    max_in_flight: int = 256
    seed: int = 1

    def __post_init__(self) -> None:
        if self.warmup >= self.duration:
            raise ValueError(f"a run of {self.duration:g} s has nothing left after a warm-up of {self.warmup:g} s")
        if self.shape == "open" and not self.rate:
            raise ValueError("requests that never arrive are no load: --rate must be above 0")


@dataclass(frozen=True)
class Limits(_FromOptions):
    """What a run must keep; None is no limit."""

    p99: float | None = None
    """Milliseconds, of all good answers."""
    errors: float | None = None
    """Percent of all requests; sheds are no errors."""
    sheds: float | None = None
    """Percent of all requests, sent or not: sheds, dropped frames and missed arrivals."""
    rps: float | None = None
    """Good answers per second, at least."""


@dataclass(frozen=True)
class Settings:
    """One run."""

    kinds: tuple[str, ...]
    target: Target
    album: Album
    load: Load
    limits: Limits
    output: Path

    @classmethod
    def from_options(cls, options: argparse.Namespace) -> Self:
        """Read the command line; the same options make the same run."""
        return cls(
            kinds=tuple(options.kinds or ("detect",)),
            target=Target.from_options(options),
            album=Album.from_options(options),
            load=Load.from_options(options),
            limits=Limits.from_options(options),
            output=options.output,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what may be written down: everything but the key."""
        told = asdict(self)
        told["target"]["api_key"] = "given" if self.target.api_key else None
        told["album"]["images"] = str(self.album.images) if self.album.images else None
        told["output"] = str(self.output)
        return told
