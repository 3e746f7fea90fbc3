"""`python -m loadtest.bench`: one run, one table."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from embedded.processes import die_with_parent
from loadtest.bench import catalogue, machine, models
from loadtest.bench.checks import Checks, DisagreementError
from loadtest.bench.options import Options, parse
from loadtest.bench.report.writing import write
from loadtest.bench.results import Results
from loadtest.bench.run import Run
from loadtest.bench.servers import ServerError
from loadtest.bench.systems import Models
from stack.supervisor import StackError

if TYPE_CHECKING:
    from types import FrameType


def main() -> int:
    options = parse()
    die_with_parent(os.getppid())()
    signal.signal(signal.SIGTERM, _interrupt)
    pictures = sorted(str(file) for file in options.images.glob("*.jpg"))[: options.pictures]
    if not pictures:
        print(f"bench: no *.jpg in {options.images}", file=sys.stderr)
        return 1
    results = Results(machine.describe(), options.told(len(pictures)))
    try:
        measure(options, pictures, results)
    except (KeyboardInterrupt, DisagreementError, ServerError, StackError, OSError) as error:
        # Hours may lie behind us: what was measured is told, and that it is not all.
        print(f"bench: stopped: {error}", file=sys.stderr)
        results.options["interrupted"] = True
    print(write(results, options.output))
    return 130 if results.options["interrupted"] else 0


def measure(options: Options, pictures: list[str], results: Results) -> None:
    """Calibrate, then give every chosen system its turn in every round."""
    chosen = prepare(options)
    checks = Checks(options, chosen, pictures, results)
    run = Run(options, pictures, results, checks)
    systems = [system for system in catalogue.in_process(chosen) if options.wants(system.name)]
    hosts = [
        replace(host, endpoints=wanted)
        for host in catalogue.hosts(chosen)
        if (wanted := tuple(endpoint for endpoint in host.endpoints if options.wants(endpoint.name)))
    ]
    print("what client and transport can do:", flush=True)
    run.calibrate(catalogue.calibrations(chosen))
    try:
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}:", flush=True)
            run.workers(systems)
            # To and fro, so that a machine that gets slower or busier does it to all alike.
            run.hosts(hosts[:: -1 if number % 2 else 1], first=number == 0)
    finally:
        checks.evaluate()


def prepare(options: Options) -> Models:
    """Export the models, in a repository for each precision."""
    repository, checkpoint = options.work / "models", options.weights / "yolov8n.pt"
    models.export(options.weights, repository, allow_untrained=options.allow_untrained)
    return Models(
        repositories={name: models.with_precision(repository, name, options.work) for name in options.precisions},
        peers=repository,
        usual=models.export_usual(checkpoint, repository, options.work / "usual"),
        checkpoint=checkpoint,
        cores=machine.cores(),
        folder=options.work,
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
