"""Marks on convolutions, on networks that OpenVINO compiles here."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from export.tuning.precision import cpu_flags
from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = ROOT / ".venv/triton/bin/python"
COMPARE = """
import json, sys
from pathlib import Path
import numpy as np, openvino
import convolution_marks, openvino_engine

path, flags, parameters = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
convolution_marks.CPU_INFORMATION = flags
core = openvino.Core()
pixels = np.random.default_rng(0).integers(0, 256, (1, 16, 24, 3), np.uint8)

def run(parameters):
    compiled = core.compile_model(openvino_engine.read(core, path, parameters), "CPU", openvino_engine.properties({}))
    layers = {each.get_friendly_name(): each.get_rt_info() for each in compiled.get_runtime_model().get_ops()}
    kernels = {name: str(layer["primitiveType"].value) for name, layer in layers.items() if name.startswith("conv")}
    return kernels, compiled([pixels])[0]

(before, expected), (after, got) = run({}), run(parameters)
marks = convolution_marks.narrow_by_jit(core.read_model(path), int(parameters["JIT_CONVOLUTIONS"]))
print(json.dumps([sorted(marks), before, after, bool((expected == got).all())]))
"""
MARK = """
import sys
from pathlib import Path
import openvino
import convolution_marks

convolution_marks.CPU_INFORMATION = Path(sys.argv[2])
print(convolution_marks.narrow_by_jit(openvino.Core().read_model(sys.argv[1]), 128))
"""
# Name, channels read, channels written, whether in INT8.
CONVOLUTIONS = (
    ("conv_first", 3, 32, True),
    ("conv_narrow", 32, 64, True),
    ("conv_wide", 64, 32, True),
    ("conv_exact", 32, 16, False),
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a network in which all convolutions but the last are quantized."""
    rng = np.random.default_rng(0)
    constants: dict[str, Any] = {"step": np.float32(0.02), "zero": np.uint8(3), "no": np.int8(0)}
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["numbers"], ["planes"], perm=[0, 3, 1, 2]),
    ]
    last = "planes"
    for name, before, after, quantized in CONVOLUTIONS:
        shape, inputs = (after, before, 3, 3), [last, f"{name}_weights"]
        if quantized:
            constants |= {f"{name}_integers": rng.integers(-127, 128, shape, np.int8)}
            nodes += [
                helper.make_node("QuantizeLinear", [last, "step", "zero"], [f"{name}_steps"]),
                helper.make_node("DequantizeLinear", [f"{name}_steps", "step", "zero"], [f"{name}_input"]),
                helper.make_node("DequantizeLinear", [f"{name}_integers", "step", "no"], [f"{name}_weights"]),
            ]
            inputs[0] = f"{name}_input"
        else:
            constants |= {f"{name}_weights": rng.standard_normal(shape).astype(np.float32)}
        nodes.append(helper.make_node("Conv", inputs, [name], name=name, pads=[1] * 4))
        last = name
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("images", TensorProto.UINT8, [1, 16, 24, 3])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [1, CONVOLUTIONS[-1][2], 16, 24])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    path = tmp_path_factory.mktemp("network") / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10), str(path))
    return path


def compare(network: Path, flags: str, tmp_path: Path, **parameters: str) -> Any:
    return json.loads(printed(COMPARE, str(network), with_flags(flags, tmp_path), json.dumps(parameters)))


def with_flags(flags: str, folder: Path) -> str:
    file = folder / "cpuinfo"
    file.write_text(f"processor: 0\nflags : fpu {flags} avx\n")
    return str(file)


def printed(program: str, *arguments: str) -> str:
    support = {"PYTHONPATH": str(ROOT / "embedded/backends/support")}
    line = [str(PYTHON), "-c", program, *arguments]
    done = subprocess.run(line, env=support, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_narrow_int8_convolutions_have_other_kernels_and_the_same_answers(network: Path, tmp_path: Path) -> None:
    marked, before, after, same = compare(network, "avx512_vnni", tmp_path, JIT_CONVOLUTIONS="32")
    assert marked == ["conv_first", "conv_narrow"]
    assert same, "to the last bit"
    changed = {name for name in before if before[name] != after[name]}
    assert changed <= set(marked)
    if "avx512_vnni" in cpu_flags():  # without it OpenVINO may have one kind only
        assert changed == set(marked)
        assert {after[name].partition("_I8")[0] for name in marked} == {"jit_avx512"}


@pytest.mark.parametrize("flags", ["avx512_vnni amx_int8", "avx_vnni", "avx512f"])
def test_where_it_does_not_pay_openvino_chooses(network: Path, tmp_path: Path, flags: str) -> None:
    marked, before, after, _ = compare(network, flags, tmp_path, JIT_CONVOLUTIONS="128")
    assert marked == []
    assert before == after


def test_weights_of_any_shape_are_left_alone(tmp_path: Path) -> None:
    """They come with each request: nothing is known of them when the model is read."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["a", "b", "c", "d"]) for name in ("images", "weights")
    ]
    answer = helper.make_tensor_value_info("answer", TensorProto.FLOAT, ["a", "b", "c", "d"])
    graph = helper.make_graph([helper.make_node("Conv", ["images", "weights"], ["answer"])], "given", inputs, [answer])
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10), str(path))
    assert printed(MARK, str(path), with_flags("avx512_vnni", tmp_path)) == "{}"
