"""One measurement of a server: a client runs, and around its window everything that costs is read."""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loadtest.bench.children import Child
from loadtest.bench.errors import UnansweredError
from loadtest.bench.processes import memory
from loadtest.bench.readings import Reading
from loadtest.bench.results import Sample

if TYPE_CHECKING:
    from loadtest.bench.systems import Endpoint, Running

CHECKING_CLIENTS = 8


@dataclass(frozen=True)
class Load:
    """So many clients, counted for so many seconds after a ramp."""

    clients: int
    seconds: float
    ramp: float = 0.5


def measure(endpoint: Endpoint, running: Running, pictures: list[str], load: Load) -> Sample:
    """Load an endpoint and return what happened in the window."""
    with _client(endpoint, running, pictures, vars(load)) as client:
        client.wait_for("begin")
        before = Reading(running)
        client.wait_for("end")
        after = Reading(running)
        outcome = client.outcome()
    count = max(len(outcome["latencies"]), 1)
    used = after.cpu - before.cpu
    client_cpu = outcome["cpu_seconds"] / outcome["seconds"]
    others = (after.busy - before.busy - sum(used.values())) / (after.at - before.at) - client_cpu
    return Sample(
        name=endpoint.name,
        clients=load.clients,
        seconds=outcome["seconds"],
        latencies=outcome["latencies"],
        statuses=Counter({int(status): number for status, number in outcome["statuses"].items()}),
        client_cpu=client_cpu,
        foreign_cpu=max(others, 0.0) + (after.stolen - before.stolen) / (after.at - before.at),
        cpu_per_picture={role: seconds / count for role, seconds in used.items()},
        triton=after.triton_since(before),
        stages=after.stages_since(before),
        memory=memory(running.roots),
    )


def answers(endpoint: Endpoint, running: Running, pictures: list[str]) -> list[dict[str, Any]]:
    """Ask an HTTP endpoint for every picture once; UnansweredError when one is not answered."""
    with _client(endpoint, running, pictures, {"clients": CHECKING_CLIENTS, "once": True}) as client:
        bodies: list[str] = client.outcome()
    for body in bodies:
        if not body.startswith("200 "):
            raise UnansweredError(f"{endpoint.name} answered {body[:300]}")
    return [json.loads(body.removeprefix("200 ")) for body in bodies]


def _client(endpoint: Endpoint, running: Running, pictures: list[str], how: dict[str, Any]) -> Child:
    specification = {
        "transport": endpoint.transport,
        "address": running.addresses[endpoint.transport],
        "target": endpoint.target,
        "pictures": pictures,
    }
    return Child(sys.executable, "loadtest.bench.client", specification | how)
