"""`python -m loadtest.bench.client`: one measurement in a process of its own, so that its CPU time is its own.

Reads a specification as JSON on stdin; writes "begin" and "end" at the borders of the window, then the outcome.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtest.bench.client.asking import grpc_askers, http_askers
from loadtest.bench.client.closed_loop import Ask, ClosedLoop

if TYPE_CHECKING:
    from collections.abc import Sequence


def main() -> None:
    specification = json.loads(sys.stdin.readline())
    task = ask_once if specification.get("once") else measure
    print(json.dumps(asyncio.run(task(specification))), flush=True)


async def measure(specification: dict[str, Any]) -> dict[str, Any]:
    """Run the closed loop and return its outcome."""
    loop = ClosedLoop(_askers(specification), len(specification["pictures"]))
    outcome = await loop.run(specification["ramp"], specification["seconds"], lambda line: print(line, flush=True))
    return vars(outcome)


async def ask_once(specification: dict[str, Any]) -> list[str]:
    """Ask for every picture once, `clients` at a time, and return the bodies of the answers, JSON over HTTP."""
    askers = _askers(specification)
    waiting = list(range(len(specification["pictures"])))[::-1]
    answers = [""] * len(waiting)

    async def client(ask: Ask) -> None:
        while waiting:
            number = waiting.pop()
            answer = await ask(number)
            answers[number] = f"{answer.status} {answer.body.decode(errors='replace')}"

    await asyncio.gather(*map(client, askers))
    return answers


def _askers(specification: dict[str, Any]) -> Sequence[Ask]:
    pictures = [Path(file).read_bytes() for file in specification["pictures"]]
    make = grpc_askers if specification["transport"] == "grpc" else http_askers
    return make(specification["address"], specification["target"], pictures, specification["clients"])


if __name__ == "__main__":
    main()
