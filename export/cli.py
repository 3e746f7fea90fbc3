"""The command line: which models, with which weights, into which repository."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from export.catalog import MODELS, ModelSpec
from export.console import Console
from export.errors import ExportError
from export.inventory import is_current
from export.publish import locked
from export.sandbox import sandbox
from export.weights import resolve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 for an error that was told in one line, 130 for Ctrl-C."""
    options = _parser().parse_args(arguments)
    if options.check:
        return 0 if not missing(options) else 1
    try:
        run(options, Console())
    except (ExportError, OSError) as error:
        sys.stderr.write(f"export: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("export: interrupted; what was there before is untouched\n")
        return 130
    return 0


def run(options: argparse.Namespace, console: Console) -> None:
    """Export the chosen models one after the other."""
    with locked(options.repository, console):
        wanted = missing(options) if options.missing else chosen(options)
        for spec in chosen(options):
            if spec in wanted:
                _export(spec, options, console)
            else:
                console.line(f"{spec.name}: up to date")


def chosen(options: argparse.Namespace) -> list[ModelSpec]:
    return [MODELS[name] for name in options.models or MODELS]


def missing(options: argparse.Namespace) -> list[ModelSpec]:
    """List what is absent, or made from other weights than those that now lie in the local folder."""
    return [spec for spec in chosen(options) if not is_current(spec, options.repository, options.weights_dir)]


def _export(spec: ModelSpec, options: argparse.Namespace, console: Console) -> None:
    weights = resolve(spec, options.weights_dir, console, allow_untrained=options.allow_untrained)
    with sandbox():
        with console.step(f"{spec.name}: start PyTorch"):
            # Takes seconds, which `--missing` must not; and `--check` runs where there is no torch, nor NumPy.
            from export.engine import Options, export_engine  # noqa: PLC0415
            from export.parity import Tolerance  # noqa: PLC0415
        how = Options(options.repository, options.max_batch, Tolerance().scaled(options.tolerance))
        export_engine(spec, weights, how, console)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export", description=__doc__)
    known = ", ".join(MODELS)
    parser.add_argument("models", nargs="*", metavar="MODEL", type=_known, help=f"of: {known}; all unless given")
    parser.add_argument("--repository", type=Path, default=Path("model_repository"), help="default: %(default)s")
    weights_dir = Path(os.environ.get("WEIGHTS_DIR", "weights"))
    parser.add_argument("--weights-dir", type=Path, default=weights_dir, help="default: $WEIGHTS_DIR, or weights")
    parser.add_argument("--allow-untrained", action="store_true", help="without weights, go on with random ones")
    parser.add_argument("--missing", action="store_true", help="only what is absent or made from other local weights")
    parser.add_argument("--check", action="store_true", help="export nothing, exit with 1 when something is missing")
    parser.add_argument("--max-batch", type=_positive, default=16, help="largest batch of a request (%(default)s)")
    parser.add_argument("--tolerance", type=float, default=1.0, help="times the usual tolerance of the proof")
    return parser


def _known(name: str) -> str:
    if name not in MODELS:
        raise argparse.ArgumentTypeError(f"unknown model {name!r}; there are {', '.join(MODELS)}")
    return name


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return int(text)
