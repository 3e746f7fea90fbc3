"""The precisions of the stack's engines: a repository for each, and what an engine is told without a server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf import text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig

from export.layout import INT8_FILE, MODEL_FILE
from export.tuning.precision import PARAMETERS
from export.tuning.space import ALONE, BACKEND, MOST_STREAMS_WITH_SHAPES, OPENVINO, OPENVINO_PARAMETERS, SHAPES
from loadtest.bench.models import EXPORT_PYTHON, make
from loadtest.bench.systems import ENGINES, THREADS_ALONE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loadtest.bench.systems import Precision, Task

# What `make tune` finds for bfloat16: as much of it as the guard of the accuracy allows.
BF16: Mapping[Task, str] = {"detect": "bf16-mixed", "classify": "bf16"}


def place(repository: Path, precision: Precision) -> Path:
    """Return where the repository lies whose engines compute in `precision`, beside the one in FP32."""
    return repository if precision == "f32" else repository.with_name(f"{repository.name}-{precision}")


def make_repository(repository: Path, precision: Precision, calibration: Path, python: Path = EXPORT_PYTHON) -> None:
    """Make a copy of a repository that shares the model files and whose engines compute in `precision`.

    Raises:
        ModelError: an engine cannot be served so on this processor, or quantized on the pictures of `calibration`

    """
    if precision == "f32":
        return
    target = place(repository, precision)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(repository, target, copy_function=_link_or_copy)
    for task, engine in ENGINES.items():
        # It also says so to the pipeline. Without rounds nothing is measured: streams and threads are the profile's.
        name = BF16[task] if precision == "bf16" else "int8"
        options = [f"--precision={name}", "--rounds=0", f"--repository={target}", f"--images={calibration}"]
        make(f"{engine} in {name}", [python, "-m", "export", "tune", engine, *options])


def engine_settings(repository: Path, task: Task, precision: Precision, streams: int, threads: int) -> dict[str, Any]:
    """Return what makes an engine in-process that of the repository.

    What runs it, graph, parameters, the shapes (height, width) for which alone it is compiled.
    """
    config = text_format.Parse((repository / task / "config.pbtxt").read_text("utf-8"), ModelConfig())
    configured = {name: value.string_value for name, value in config.parameters.items()}
    backend = configured.get(BACKEND, OPENVINO)
    shapes = configured.get(SHAPES, "") if streams <= MOST_STREAMS_WITH_SHAPES else ""
    if threads == THREADS_ALONE:
        of_a_stream = int(configured.get("INFERENCE_NUM_THREADS", "1")) // int(configured.get("NUM_STREAMS", "1"))
        threads = max(int(configured.get(ALONE, "0")), of_a_stream, 1)
    return {
        "backend": backend,
        "graph": INT8_FILE if precision == "int8" else MODEL_FILE,
        "parameters": {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(threads)}
        | (OPENVINO_PARAMETERS if backend == OPENVINO else {})
        | {name: value for name, value in configured.items() if name in PARAMETERS},
        "shapes": [[int(side) for side in shape.split("x")] for shape in shapes.split(", ") if shape],
    }


def _link_or_copy(source: str, target: str) -> None:
    if source.endswith(".onnx"):
        Path(target).symlink_to(Path(source).resolve())
    else:
        shutil.copy2(source, target)
