"""For Locust's own command, with its web interface: `locust -f loadtest/locustfile.py DetectUser`.

Number of users, their spawn rate and the host are Locust's own options. With `--rate` the loop is open and the number
of users is how many requests may be in flight.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import gevent
from locust import events

# Locust looks for modules next to this file, not in the folder that it is started in.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from loadtest import options
from loadtest.camera import CameraUser
from loadtest.settings import Album, Load, Target
from loadtest.users import ClassifyUser, DetectUser, JobUser, StreamUser, TritonGrpcUser, TritonHttpUser
from loadtest.world import World

__all__ = [
    "CameraUser",
    "ClassifyUser",
    "DetectUser",
    "JobUser",
    "StreamUser",
    "TritonGrpcUser",
    "TritonHttpUser",
]


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def add_options(parser: Any) -> None:
    """Offer the same options as our own command line; here there is an open loop only when a rate is given."""
    options.add_target(parser)
    options.add_album(parser)
    options.add_arrivals(parser, default_rate=0.0)


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def begin(environment: Any, **_: object) -> None:
    given = environment.parsed_options
    given.target = environment.host or Target.target
    load = Load(shape="open" if given.rate else "steady", rate=given.rate, arrivals=given.arrivals, seed=given.seed)
    kinds = tuple(user.kind for user in environment.user_classes if hasattr(user, "kind"))
    environment.world = World.of(Target.from_options(given), Album.from_options(given), kinds, load)
    for arrivals in environment.world.arrivals.values():
        gevent.spawn(arrivals.run)


@events.test_stopping.add_listener  # type: ignore[untyped-decorator]
def end(environment: Any, **_: object) -> None:
    for arrivals in environment.world.arrivals.values():
        arrivals.end()
