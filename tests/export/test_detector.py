"""The graph of a detector is made for runtimes; that it answers as ultralytics does, each export proves itself."""

from pathlib import Path

import onnx
import pytest


@pytest.fixture(scope="module")
def graph(exported: Path) -> onnx.GraphProto:
    return onnx.load(exported / "yolov8n/1/model.onnx").graph


@pytest.fixture(scope="module")
def features(graph: onnx.GraphProto) -> set[str]:
    """Return what convolutions give, before and after SiLU."""
    gates = {node.output[0] for node in graph.node if node.op_type == "Sigmoid"}
    return {
        node.output[0] for node in graph.node
        if node.op_type == "Conv" or (node.op_type == "Mul" and gates.intersection(node.input))
    }  # fmt: skip


def readers(graph: onnx.GraphProto, *kinds: str) -> set[str]:
    """Return what nodes of these kinds read first."""
    return {node.input[0] for node in graph.node if node.op_type in kinds}


def test_nothing_that_a_convolution_gives_is_split(graph: onnx.GraphProto, features: set[str]) -> None:
    assert features.isdisjoint(readers(graph, "Split", "Slice"))


def test_nobody_asks_for_the_shape_of_what_a_convolution_gives(graph: onnx.GraphProto, features: set[str]) -> None:
    """OpenVINO would not fuse that convolution with its SiLU."""
    asked = readers(graph, "Shape")
    assert "images" in asked
    assert features.isdisjoint(asked)


def test_candidates_are_gathered_by_one_index(graph: onnx.GraphProto) -> None:
    kinds = {node.op_type for node in graph.node}
    assert "Gather" in kinds
    assert "GatherElements" not in kinds, "slow in OpenVINO"
