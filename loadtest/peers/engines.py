"""The two engines people take on a CPU, in FP32, with their threads set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import onnxruntime as ort
import openvino

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loadtest.peers.settings import PeerSettings


def open_engine(settings: PeerSettings) -> Callable[[Any], Any]:
    """Return a function that may be called from several threads: input tensor to first output tensor."""
    return (openvino_engine if settings.engine == "openvino" else onnxruntime_engine)(settings)


def onnxruntime_engine(settings: PeerSettings) -> Callable[[Any], Any]:
    """Return a session; with one thread each call runs in the thread that calls."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = settings.threads
    options.inter_op_num_threads = 1
    # Spinning threads starve everything else on a small machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(settings.model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda images: session.run(None, {name: images})[0]


def openvino_engine(settings: PeerSettings) -> Callable[[Any], Any]:
    """Return a compiled model with one stream for each prediction at a time, in FP32 whatever the CPU has."""
    core = openvino.Core()
    compiled = core.compile_model(
        core.read_model(settings.model),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": "f32",
            "NUM_STREAMS": str(settings.concurrency),
            "INFERENCE_NUM_THREADS": str(settings.threads * settings.concurrency),
        },
    )

    def infer(images: Any) -> Any:
        request = compiled.create_infer_request()
        return request.infer([images])[compiled.outputs[0]]

    return infer


def labels(model: Path) -> list[str]:
    """Return the class names that the export wrote beside the model."""
    return (model.parent.parent / "labels.txt").read_text("utf-8").splitlines()
