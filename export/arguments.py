"""The arguments of the command line."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from export.catalog import MODELS
from export.numbers import positive_count
from export.plan.wanted import PRECISIONS

DESCRIPTION = "Export models: weights -> ONNX, and TensorRT where asked for, into a Triton model repository."


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line, sys.argv unless given; what does not fit together ends the process with code 2."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.format != "tensorrt" and (options.precision or options.calibration):
        parser.error("--precision and --calibration are for --format tensorrt")
    options.precision = options.precision or "fp16"
    if options.precision == "int8" and not options.calibration:
        parser.error("--precision int8 needs --calibration: a folder of typical pictures")
    if options.precision != "int8" and options.calibration:
        parser.error(f"--calibration is for --precision int8, not {options.precision}")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export", description=DESCRIPTION)
    add, known = parser.add_argument, ", ".join(MODELS)
    add("models", nargs="*", metavar="MODEL", type=_known, help=f"of: {known}; all unless given")
    add(
        "--format", choices=("onnx", "tensorrt"), default="onnx", help="tensorrt adds a plan for this GPU (%(default)s)"
    )
    add("--precision", choices=PRECISIONS, help="of a TensorRT plan (fp16)")
    add("--calibration", type=Path, metavar="FOLDER", help="typical pictures, for int8")
    add("--repository", type=Path, default=Path("model_repository"), help="default: %(default)s")
    weights_dir = Path(os.environ.get("WEIGHTS_DIR", "weights"))
    add("--weights-dir", type=Path, default=weights_dir, help="default: $WEIGHTS_DIR, or weights")
    add("--allow-untrained", action="store_true", help="without weights, go on with random ones")
    add("--missing", action="store_true", help="only what is absent, made from other weights or for another machine")
    add("--check", action="store_true", help="export nothing, exit with 1 when something is missing")
    add("--max-batch", type=positive_count, default=16, help="largest batch of a request (%(default)s)")
    add("--tolerance", type=float, default=1.0, help="times the usual tolerance of the proof")
    return parser


def _known(name: str) -> str:
    if name not in MODELS:
        raise argparse.ArgumentTypeError(f"unknown model {name!r}; there are {', '.join(MODELS)}")
    return name
