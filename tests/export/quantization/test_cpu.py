"""INT8 graphs of the real models: made where they are made, run in OpenVINO, which serves them."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest

from tests.export.conftest import environment
from tests.repositories import EXPORT_PYTHON, ROOT

QUANTIZE = """
import sys
import numpy as np, onnx
from export.catalog import MODELS
from export.pixels import pictures
from export.sandbox import sandbox

source, name, target = sys.argv[1:]
side = MODELS[name].image_size
pixels = pictures(3, side, side)
with sandbox():
    from export.quantization.cpu import quantized_for_cpu
    from export.quantization.scheme import Scheme
    from export.runners import onnx_runtime

    typical = [each[None] for each in pictures(8, side, side)]
    graph = quantized_for_cpu(onnx.load(source), typical, Scheme(symmetric=False, ranges="largest"))
    onnx.save(graph, f"{target}.onnx")
    models = {"int8": graph.SerializeToString(), "f32": source}
    answers = {precision: onnx_runtime(model)(pixels) for precision, model in models.items()}
    np.savez(f"{target}.npz", pixels=pixels, **answers)
"""
RUN_IN_OPENVINO = """
import sys
import numpy as np, openvino

target = sys.argv[1]
compiled = openvino.Core().compile_model(f"{target}.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
pixels = np.load(f"{target}.npz")["pixels"]
np.save(f"{target}-openvino.npy", compiled([pixels])[0])
if compiled.input(0).partial_shape[1].is_dynamic:
    compiled([pixels[:1, :480]])  # other sizes than those of the calibration
"""

Quantized = Callable[[str], Path]


@pytest.fixture(scope="session")
def quantized(exported: Path, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Quantized:
    """Quantize a model; returns a path to which `.onnx`, and `.npz` with pixels and answers, are to be added."""
    folder = tmp_path_factory.mktemp("int8")

    def make(name: str) -> Path:
        target = folder / name
        if not (folder / f"{name}.npz").exists():
            line = [str(EXPORT_PYTHON), "-c", QUANTIZE, str(exported / name / "1/model.onnx"), name, str(target)]
            done = subprocess.run(line, cwd=ROOT, env=environment(home), capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            assert not done.stdout, "the quantizer is kept from talking"
        return target

    return make


MODELS = pytest.mark.parametrize("name", ["yolov8n", "resnet50"])


@MODELS
def test_all_layers_with_weights_but_the_last_are_unsigned_int8(quantized: Quantized, name: str) -> None:
    graph = onnx.load(f"{quantized(name)}.onnx").graph
    constants = {each.name: onnx.numpy_helper.to_array(each) for each in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    layers = [node for node in graph.node if node.op_type in {"Conv", "Gemm"}]
    inputs = [makers[node.input[0]] for node in layers]
    # Parts of a concatenation are quantized each, where they come from: one stands for all.
    while any(maker.op_type in {"Concat", "Resize"} for maker in inputs):
        inputs = [makers[each.input[0]] if each.op_type in {"Concat", "Resize"} else each for each in inputs]
    dequantized = [maker for maker in inputs if maker.op_type == "DequantizeLinear"]
    assert len(dequantized) == {"yolov8n": 71 - 6, "resnet50": 53}[name]
    zero_points = [constants[maker.input[2]] for maker in dequantized]
    assert {each.dtype for each in zero_points} == {np.dtype(np.uint8)}
    if name == "yolov8n":
        assert any(each > 0 for each in zero_points), "what SiLU lets through below zero is not cut off"


@MODELS
def test_inputs_and_outputs_are_those_of_the_exported_graph(quantized: Quantized, exported: Path, name: str) -> None:
    graph, before = onnx.load(f"{quantized(name)}.onnx").graph, onnx.load(exported / name / "1/model.onnx").graph
    assert [each.SerializeToString() for each in (*graph.input, *graph.output)] == [
        each.SerializeToString() for each in (*before.input, *before.output)
    ]


@MODELS
def test_openvino_computes_what_the_graph_says(quantized: Quantized, name: str) -> None:
    """With signed activations it does not: their scores on untrained weights differ by 0.24."""
    target = quantized(name)
    python = ROOT / ".venv/triton/bin/python"
    done = subprocess.run([python, "-c", RUN_IN_OPENVINO, target], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers = np.load(f"{target}.npz")
    scores = [each[..., 4] if name == "yolov8n" else each for each in (answers["int8"], answers["f32"])]
    in_openvino = np.load(f"{target}-openvino.npy")
    got = in_openvino[..., 4] if name == "yolov8n" else in_openvino
    assert np.abs(got - scores[0]).max() < {"yolov8n": 0.15, "resnet50": 0.1}[name]
    assert 0 < np.abs(got - scores[1]).max() < 0.3, "near FP32, but not FP32"
