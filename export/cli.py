"""The command: which models, with which weights, in which form, into which repository."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from export.arguments import parse
from export.catalog import MODELS, ModelSpec
from export.console import Console
from export.errors import ExportError
from export.inventory import is_current
from export.plan.calibration import calibration_set
from export.plan.polygraphy_toolkit import connect as connect_tensorrt
from export.plan.record import why_rebuild
from export.plan.toolkit import Connect, TensorRT
from export.plan.wanted import WantedPlan
from export.publish import locked
from export.sandbox import sandbox
from export.weights import resolve


@dataclass(frozen=True)
class Plans:
    """That plans are wanted, which, and what builds them."""

    wanted: WantedPlan
    tensorrt: TensorRT


def main(arguments: Sequence[str] | None = None, connect: Connect = connect_tensorrt) -> int:
    """Run the command and return its exit code: 0, 1 for an error that was told in one line, 130 for Ctrl-C."""
    options, console = parse(arguments), Console()
    try:
        plans = _plans(options, connect) if options.format == "tensorrt" else None
        if options.check:
            return _check(options, plans, console)
        _run(options, plans, console)
    except (ExportError, OSError) as error:
        sys.stderr.write(f"export: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("export: interrupted; what was there before is untouched\n")
        return 130
    return 0


def _plans(options: argparse.Namespace, connect: Connect) -> Plans:
    calibration = calibration_set(options.calibration) if options.calibration else None
    return Plans(WantedPlan(options.precision, options.max_batch, calibration), connect())


def _check(options: argparse.Namespace, plans: Plans | None, console: Console) -> int:
    reasons = _missing(options, plans)
    for spec, reason in reasons.items():
        console.line(f"{spec.name}: {reason}")
    return 1 if reasons else 0


def _run(options: argparse.Namespace, plans: Plans | None, console: Console) -> None:
    """Export the chosen models one after the other."""
    with locked(options.repository, console):
        reasons = _missing(options, plans) if options.missing else dict.fromkeys(_chosen(options), "")
        for spec in _chosen(options):
            if spec not in reasons:
                console.line(f"{spec.name}: up to date")
                continue
            if reasons[spec]:
                console.line(f"{spec.name}: {reasons[spec]}")
            _export(spec, options, plans, console)


def _chosen(options: argparse.Namespace) -> list[ModelSpec]:
    return [MODELS[name] for name in options.models or MODELS]


def _missing(options: argparse.Namespace, plans: Plans | None) -> Mapping[ModelSpec, str]:
    """Return the models that have to be exported, and why."""
    reasons = {spec: _why_missing(spec, options, plans) for spec in _chosen(options)}
    return {spec: reason for spec, reason in reasons.items() if reason}


def _why_missing(spec: ModelSpec, options: argparse.Namespace, plans: Plans | None) -> str | None:
    if not is_current(spec, options.repository, options.weights_dir):
        return "not there yet, or not from the weights that are there now"
    return why_rebuild(options.repository / spec.name, plans.wanted, plans.tensorrt.machine) if plans else None


def _export(spec: ModelSpec, options: argparse.Namespace, plans: Plans | None, console: Console) -> None:
    weights = resolve(spec, options.weights_dir, console, allow_untrained=options.allow_untrained)
    with sandbox():
        with console.step(f"{spec.name}: start PyTorch"):
            # Takes seconds, which `--missing` must not; and `--check` runs where there is no torch, nor NumPy.
            from export.engine import Options, export_engine  # noqa: PLC0415
            from export.plan.steps import PlanOptions  # noqa: PLC0415
        plan = PlanOptions(plans.wanted, plans.tensorrt, options.tolerance) if plans else None
        export_engine(spec, weights, Options(options.repository, options.max_batch, options.tolerance, plan), console)
