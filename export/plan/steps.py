"""Add a plan to an engine folder that is being filled."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import onnx

from export.checkpoint import Checkpoint
from export.config import Engine, render
from export.console import Console
from export.graph import signature
from export.layout import GPU_CONFIG_FILE, PLAN_FILE
from export.plan.prove import Prover
from export.plan.record import write_record
from export.plan.square import at_square
from export.plan.toolkit import Shapes, TensorRT
from export.plan.typed import typed_graph
from export.plan.wanted import WantedPlan
from export.quantization.pictures import PictureFiles
from export.runners import onnx_runtime
from export.verify import Subject
from export.weights import Weights

TYPED_WITH = ("onnx", "onnxruntime")


@dataclass(frozen=True)
class PlanOptions:
    """What the user chose for the plans of a run, and the TensorRT that builds them."""

    wanted: WantedPlan
    tensorrt: TensorRT
    tolerance: float  # times the usual


@dataclass(frozen=True)
class Proved:
    """An engine whose ONNX graph has passed."""

    checkpoint: Checkpoint
    weights: Weights
    model: onnx.ModelProto


def add_plan(folder: Path, engine: Proved, options: PlanOptions, console: Console) -> None:
    """Type the graph, prove it, build the plan, prove that, and serve it on GPUs.

    Raises:
        CalibrationError: a picture for INT8 cannot be read
        TensorRTError: the plan cannot be built or does not run
        ParityError: the graph or the plan does not compute what the model computes
    """
    spec, wanted, tensorrt = engine.checkpoint.spec, options.wanted, options.tensorrt
    prover = Prover(engine.checkpoint, wanted, engine.weights.provenance, options.tolerance, console)
    graph = _typed(engine, wanted, console)
    in_onnx_runtime = onnx_runtime(graph.SerializeToString())
    proofs = {"graph": prover.prove(Subject(f"the graph in {wanted.precision}", in_onnx_runtime))}
    shapes = _shapes(graph, wanted.max_batch)
    with console.step(f"{spec.name}: build a plan for {tensorrt.machine}, which takes minutes"):
        plan = tensorrt.build(graph.SerializeToString(), shapes, console.phase)
    (folder / "1" / PLAN_FILE).write_bytes(plan)
    with tensorrt.running(plan) as run:
        proofs["plan"] = prover.prove(Subject(f"the plan in {wanted.precision}", run))
    served = Engine(spec, signature(graph), engine.weights, wanted.max_batch)
    (folder / GPU_CONFIG_FILE).write_text(render(served, "tensorrt"))
    proof = {"shapes": shapes._asdict(), "versions": {name: version(name) for name in TYPED_WITH}, "proofs": proofs}
    write_record(folder, wanted, tensorrt.machine, proof)


def _typed(engine: Proved, wanted: WantedPlan, console: Console) -> onnx.ModelProto:
    spec = engine.checkpoint.spec
    square = at_square(engine.model, spec)
    if wanted.calibration is None:
        with console.step(f"{spec.name}: type the graph as {wanted.precision}"):
            return typed_graph(square, wanted.precision)
    pictures = PictureFiles(wanted.calibration.calibrated, engine.checkpoint.prepare)
    with console.step(f"{spec.name}: calibrate {wanted.precision} on {len(pictures)} pictures"):
        return typed_graph(square, wanted.precision, pictures)


def _shapes(graph: onnx.ModelProto, max_batch: int) -> Shapes:
    (images,) = signature(graph).inputs
    return Shapes(smallest=(1, *images.dims), largest=(max_batch, *images.dims))
