"""One run, from the first look at the target to the verdict."""

from __future__ import annotations

import logging
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from locust.env import Environment

from loadtest import reports
from loadtest.camera import CameraUser
from loadtest.clients import connect
from loadtest.conductor import Conductor
from loadtest.machine import machine, versions
from loadtest.outcome import ShedError
from loadtest.slo import judge
from loadtest.summary import drift, measured
from loadtest.users import USERS
from loadtest.world import World

if TYPE_CHECKING:
    from loadtest.settings import Settings

KEPT, MISSED, UNUSABLE, INTERRUPTED = 0, 1, 2, 130
# Locust and its clients run in one thread: near a whole core, what is measured is the client.
BUSY_PERCENT = 85.0


class UnusableError(Exception):
    """The run cannot begin; the message says why, and what to do."""


def run(settings: Settings) -> int:
    """Return the exit code: 0 when every limit was kept, 1 when not, 130 when stopped. Raises `UnusableError`."""
    # Locust warns of what we do on purpose: all users of a step start at once.
    logging.getLogger("locust").setLevel(logging.ERROR)
    world = _world(settings)
    for kind in settings.kinds:
        _try(kind, world)
    environment = _environment(settings, world)
    started = datetime.now(UTC)
    conductor = Conductor(environment, world, settings.load)
    conductor.run()
    summary = _summary(settings, world, conductor, started)
    reports.write(settings.output, summary, environment)
    _tell(settings, summary)
    if conductor.interrupted:
        return INTERRUPTED
    return KEPT if all(verdict["kept"] for verdict in summary["limits"]) else MISSED


def _world(settings: Settings) -> World:
    try:
        settings.output.mkdir(parents=True, exist_ok=True)
        return World.of(settings.target, settings.album, settings.kinds, settings.load)
    except (OSError, ValueError) as error:
        raise UnusableError(str(error)) from error


def _try(kind: str, world: World) -> None:
    """Ask once, before hundreds do: whoever is not there, or does not know the key, need not be measured."""
    try:
        with closing(connect(kind, world.target)) as client:
            client.ask(world.pictures.next())
            client.tidy()
    except ShedError:
        pass  # busy, but there
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise UnusableError(
            f"{kind} does not answer: {reason}. Does the stack run (make up), with this key?"
        ) from error


def _environment(settings: Settings, world: World) -> Any:
    classes = {user.kind: user for user in USERS} | ({"stream": CameraUser} if settings.target.fps else {})
    environment = Environment(
        user_classes=[classes[kind] for kind in settings.kinds],
        host=settings.target.target,
        stop_timeout=settings.target.timeout,
    )
    environment.world = world
    environment.events.request.add_listener(world.recorder.on_request)
    return environment


def _summary(settings: Settings, world: World, conductor: Conductor, started: datetime) -> dict[str, Any]:
    result = measured(world.recorder, conductor.begin, conductor.end)
    return {
        "started": started.isoformat(timespec="seconds"),
        "arguments": settings.as_json(),
        "machine": machine(),
        "versions": versions(),
        "interrupted": conductor.interrupted,
        **result,
        "drift": drift(result["timeline"]),
        "client_cpu_percent": conductor.cpu_percent,
        "limits": [verdict._asdict() for verdict in judge(settings.limits, result)],
    }


def _tell(settings: Settings, summary: dict[str, Any]) -> None:
    lines = [reports.table(summary), ""]
    lines += [f"{count:6d}  {message}" for message, count in list(summary["messages"].items())[:10]]
    lines += [f"{name}: {summary[name]}" for name in ("missed", "dropped") if summary[name]]
    if settings.load.shape == "soak":
        lines.append(f"drift: p50 of the last quarter is {summary['drift']} times that of the first")
    if summary["client_cpu_percent"] > BUSY_PERCENT:
        lines.append(
            f"the client used {summary['client_cpu_percent']:.0f} % of a core: IT may be the limit, not the server"
        )
    lines += map(str, judge(settings.limits, summary))
    sys.stdout.write("\n".join([*lines, f"report: {settings.output / 'report.html'}", ""]))
    sys.stdout.flush()
