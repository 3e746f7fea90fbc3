"""`python -m loadtest run` puts load on a running stack, `python -m loadtest compare` sets two reports side by side."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from loadtest import compare
from loadtest.options import add_run, at_least_zero
from loadtest.settings import Settings


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m loadtest", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="put load on a stack; exit code 1 when a limit is not kept")
    add_run(run)
    run.set_defaults(command=_run)
    two = commands.add_parser("compare", help="compare two runs")
    two.add_argument("before", type=Path, metavar="RUN_A", help="folder that `run --output` wrote")
    two.add_argument("after", type=Path, metavar="RUN_B")
    two.add_argument("--tolerance", type=at_least_zero, default=10.0, metavar="PERCENT", help="(10)")
    two.add_argument("--fail-on-regression", action="store_true", help="exit code 1 when something got worse")
    two.set_defaults(command=_compare)
    options = parser.parse_args()
    try:
        return int(options.command(options))
    except ValueError as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return 2


def _run(options: argparse.Namespace) -> int:
    settings = Settings.from_options(options)
    # Here, because it patches the whole process for gevent; a comparison, or --help, needs no Locust.
    from loadtest.run import UnusableError, run  # noqa: PLC0415

    try:
        return run(settings)
    except UnusableError as error:
        print(f"loadtest: {error}", file=sys.stderr)
        return 2


def _compare(options: argparse.Namespace) -> int:
    before, after = compare.load(options.before), compare.load(options.after)
    found = compare.changes(before, after, options.tolerance)
    print(compare.table(found))
    for difference in compare.differences(before, after):
        print(f"not the same: {difference}")
    worse = any(change.worse for change in found)
    return int(worse and options.fail_on_regression)


if __name__ == "__main__":
    sys.exit(main())
