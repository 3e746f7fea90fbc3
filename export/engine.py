"""The export of one model, step by step."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from export.catalog import ModelSpec
from export.checkpoint import Checkpoint, load
from export.config import Engine, render
from export.console import Console
from export.convert import convert
from export.files import sha256_of
from export.graph import signature
from export.layout import CONFIG_FILE, GPU_CONFIG_FILE, LABELS_FILE, MODEL_FILE, PARITY_FILE
from export.parity import Tolerance
from export.plan.steps import PlanOptions, Proved, add_plan
from export.publish import staging
from export.runners import onnx_runtime
from export.step_data import labels_text, step_files, write_step_files
from export.tuning.evidence import restore
from export.verify import Outcome, Subject, cases, verify
from export.weights import Weights

PROVEN_WITH = ("torch", "torchvision", "ultralytics", "onnx", "onnxruntime")


@dataclass(frozen=True)
class Options:
    """What the user chose for all models of a run."""

    repository: Path
    max_batch: int
    tolerance: float  # times the usual
    plan: PlanOptions | None = None


def export_engine(spec: ModelSpec, weights: Weights, options: Options, console: Console) -> None:
    """Load, convert, prove, publish. An engine that was there before stays until the new one has passed.

    Raises:
        CheckpointError: the weights cannot be loaded
        ParityError: the graph does not compute what the model computes
        ConfigError: a serving profile does not fit the graph
        CalibrationError, TensorRTError: see `add_plan`
    """
    with console.step(f"{spec.name}: load {weights.provenance} weights"):
        checkpoint = load(spec, weights)
    target = options.repository / spec.name
    with staging(target) as folder:
        _build(folder, checkpoint, weights, options, console)
        # A tuned pipeline runs the old engine's graph, in a precision that nobody has tried with the new one.
        restore(options.repository / spec.task)
    write_step_files(options.repository, step_files(spec, checkpoint.labels, weights.provenance))
    console.line(f"{spec.name}: published in {target} ({weights.provenance} weights)")


def _build(folder: Path, checkpoint: Checkpoint, weights: Weights, options: Options, console: Console) -> None:
    """Fill an engine folder."""
    spec, model_file = checkpoint.spec, folder / "1" / MODEL_FILE
    model_file.parent.mkdir()
    with console.step(f"{spec.name}: convert to ONNX"):
        model = convert(checkpoint, _properties(checkpoint, weights), model_file)
    tolerance, tried = Tolerance().scaled(options.tolerance), cases(spec, options.max_batch)
    outcomes = verify(Subject("ONNX", onnx_runtime(model_file)), checkpoint, tried, tolerance, console)
    engine = Engine(spec, signature(model), weights, options.max_batch)
    proof = {
        "model": spec.name,
        "model_sha256": sha256_of(model_file),
        "weights": weights.describe(),
        **_proof(outcomes, tolerance),
    }
    (folder / "configs").mkdir()
    (folder / CONFIG_FILE).write_text(render(engine, "cpu"))
    (folder / GPU_CONFIG_FILE).write_text(render(engine, "gpu"))
    (folder / LABELS_FILE).write_text(labels_text(checkpoint.labels))
    (folder / PARITY_FILE).write_text(f"{json.dumps(proof, indent=2)}\n")
    if options.plan:
        add_plan(folder, Proved(checkpoint, weights, model), options.plan, console)


def _proof(outcomes: Sequence[Outcome], tolerance: Tolerance) -> Mapping[str, object]:
    return {
        "versions": {package: version(package) for package in PROVEN_WITH},
        "tolerance": asdict(tolerance),
        "cases": [outcome.figures() for outcome in outcomes],
    }


def _properties(checkpoint: Checkpoint, weights: Weights) -> Mapping[str, str]:
    """Return what the model file says about itself; values are text, lists are JSON."""
    told = {f"weights_{key}": value for key, value in weights.describe().items()}
    return {"task": checkpoint.spec.task, "names": json.dumps(list(checkpoint.labels)), **told}
