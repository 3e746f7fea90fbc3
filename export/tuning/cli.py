"""`python -m export tune`: which engine, on which pictures, with what goal."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from export.catalog import MODELS
from export.console import Console
from export.errors import ExportError, TuningError
from export.numbers import count, positive, positive_count
from export.picture_folder import digest, evenly, picture_files
from export.quantization.pictures import PictureFiles
from export.quantization.preparation import preparation
from export.sandbox import sandbox
from export.tuning.evidence import read_config, restore
from export.tuning.graphs import Graphs
from export.tuning.guard import Guard
from export.tuning.live import embedded_triton
from export.tuning.precision import EXACT, LOWER
from export.tuning.search import Goal
from export.tuning.tuner import Load, Pictures, Tuner

MAX_PICTURES = 100
# Of mAP50-95, or of top-1.
ALLOWED_DROP = 0.003


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code: 0, 1 for an error that was told in one line, 130 for Ctrl-C."""
    try:
        run(_parser().parse_args(arguments), Console())
    except (ExportError, OSError) as error:
        sys.stderr.write(f"tune: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("tune: interrupted; no config was changed\n")
        return 130
    return 0


def run(options: argparse.Namespace, console: Console) -> None:
    """Tune one engine, or go back to the config that was there before."""
    spec = MODELS[options.model]
    engine, task = options.repository / options.model, spec.task
    pipeline = options.repository / task
    if options.restore:
        restore(pipeline)
        console.line("the old config is back" if restore(engine) else "nothing to go back to: this engine is not tuned")
        return
    if not options.images:
        raise TuningError("name a folder of typical pictures with --images")
    if not options.rounds and not options.precision:
        raise TuningError("with --rounds 0 nothing is measured: say what is to be written with --precision")
    config = read_config(engine, f"run python -m export {options.model} first")
    pipeline_config = read_config(pipeline, f"copy the pipeline from this project's model_repository/{task}")
    files = _pictures(options.images)
    prepare = preparation(spec, config.parameters["weights"].string_value, square=False)
    guard = Guard(task, options.labels, options.drop) if options.labels else None
    pictures = Pictures([file.read_bytes() for file in files], digest(options.images, files))
    load = Load(pictures, options.clients, options.seconds, options.rounds)
    graphs = Graphs(engine, PictureFiles(files, prepare), console)
    with ExitStack() as stack:
        stack.enter_context(sandbox())
        with console.step("start Triton"):
            live = stack.enter_context(embedded_triton(options.repository, task, options.model))
        tuner = Tuner(engine, config, pipeline_config, live, load, guard, options.precision, graphs, console)
        tuner.tune(Goal(options.p99_ms))


def _pictures(folder: Path) -> list[Path]:
    files = picture_files(folder)
    if not files:
        raise TuningError(f"no pictures in {folder}: name a folder of typical ones with --images")
    return evenly(files, MAX_PICTURES)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export tune", description=__doc__)
    add = parser.add_argument
    add("model", choices=sorted(MODELS), help="the engine to tune; it must have been exported")
    add("--repository", type=Path, default=Path("model_repository"), help="default: %(default)s")
    add("--images", type=Path, help="folder of typical pictures: the load, and what INT8 is calibrated on")
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument("--throughput", action="store_true", help="goal: the most pictures per second (default)")
    goal.add_argument("--p99-ms", type=positive, help="goal: the most, with 99 of 100 answers in so many milliseconds")
    add(
        "--labels",
        type=Path,
        help="folder of labelled pictures, others than --images; without it: FP32",
    )
    add("--precision", choices=(EXACT, *LOWER), help="this one alone; with --labels only if it is accurate enough")
    add("--drop", type=float, default=ALLOWED_DROP, help="accuracy that a lower precision may cost (%(default)s)")
    add(
        "--clients",
        type=positive_count,
        default=4 * (os.cpu_count() or 1),
        help="clients at a time (%(default)s)",
    )
    add("--seconds", type=positive, default=5.0, help="length of one measurement (%(default)s)")
    add(
        "--rounds",
        type=count,
        default=2,
        help="measurements of each (%(default)s); 0: write --precision unmeasured",
    )
    add("--restore", action="store_true", help="go back to the config before any tuning")
    return parser
