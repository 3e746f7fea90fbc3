"""`python -m loadtest.bench`: one run, one table."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from embedded.processes import die_with_parent
from loadtest.bench import calibration_set, catalogue, machine, models
from loadtest.bench.checks import Checks
from loadtest.bench.errors import BenchError
from loadtest.bench.options import Options, parse
from loadtest.bench.precisions import make_repository, place
from loadtest.bench.report.writing import write
from loadtest.bench.results import Results
from loadtest.bench.run import Run
from loadtest.bench.systems import Models
from stack.supervisor import StackError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from loadtest.bench.systems import Host, Precision


def main() -> int:
    options = parse(usual=machine.precisions())
    die_with_parent(os.getppid())()
    signal.signal(signal.SIGTERM, _interrupt)
    pictures = sorted(str(file) for file in options.images.glob("*.jpg"))[: options.pictures]
    if not pictures:
        print(f"bench: no *.jpg in {options.images}", file=sys.stderr)
        return 1
    results = Results(machine.describe(), options.told(len(pictures)))
    code = keep(results, lambda: measure(options, pictures, results))
    if results.samples:  # Otherwise the report of the run before is worth more.
        print(write(results, options.output))
    return code


def keep(results: Results, work: Callable[[], None]) -> int:
    """Return the exit status of a run that, where it could not go on, says so in its results."""
    try:
        work()
    except (KeyboardInterrupt, BenchError, StackError, OSError) as error:
        # Hours may lie behind us: what was measured is told, and that it is not all.
        print(f"bench: stopped: {error}", file=sys.stderr)
        results.options["interrupted"] = True
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def measure(options: Options, pictures: list[str], results: Results) -> None:
    """Calibrate, then give every chosen system its turn in every round."""
    chosen = lay_out(options)
    checks = Checks(options, chosen, pictures, results)
    run = Run(options, pictures, results, checks)
    hosts = [what_is_wanted(host, options) for host in catalogue.hosts(chosen)]
    wanted = {row.precision for host in hosts for row in host.rows}
    if "int8" in wanted:
        results.options["calibration"] = calibration_set.describe(options.calibration, options.judging())
    prepare(options, chosen, wanted)
    print("what client and transport can do:", flush=True)
    run.calibrate(catalogue.calibrations(chosen))
    try:
        for number in range(options.rounds):
            print(f"round {number + 1} of {options.rounds}:", flush=True)
            # To and fro, so that a machine that gets slower or busier does it to all alike.
            run.hosts(hosts[:: -1 if number % 2 else 1], first=number == 0)
    finally:
        checks.evaluate()


def what_is_wanted(host: Host, options: Options) -> Host:
    """Return a host with the rows that the options name."""
    endpoints = tuple(endpoint for endpoint in host.endpoints if options.wants(endpoint.name))
    return replace(host, endpoints=endpoints, alone=tuple(row for row in host.alone if options.wants(row.name)))


def lay_out(options: Options) -> Models:
    """Say where the models will lie."""
    repository = options.work / "models"
    return Models(
        repositories={precision: place(repository, precision) for precision in options.precisions},
        peers=repository,
        usual=options.work / "usual/1/model.onnx",
        checkpoint=options.weights / "yolov8n.pt",
        cores=machine.cores(),
        folder=options.work,
    )


def prepare(options: Options, chosen: Models, wanted: set[Precision]) -> None:
    """Export the models, in a repository for each precision that is wanted: to quantize takes minutes."""
    models.export(options.weights, chosen.peers, allow_untrained=options.allow_untrained)
    models.export_usual(chosen.checkpoint, chosen.peers, chosen.usual)
    for precision in chosen.repositories:
        if precision in wanted:
            make_repository(chosen.peers, precision, options.calibration)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
