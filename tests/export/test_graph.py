"""The contract of the exported graphs, read from the files."""

import json
from pathlib import Path

import onnx
import pytest

from export.graph import Tensor, signature


def model(repository: Path, name: str) -> onnx.ModelProto:
    return onnx.load(repository / name / "1/model.onnx")


def operators(graph: onnx.ModelProto) -> list[str]:
    return [node.op_type for node in graph.graph.node]


def test_detection_signature(exported: Path) -> None:
    read = signature(model(exported, "yolov8n"))
    assert read.inputs == [Tensor("images", "uint8", [-1, -1, 3])]
    assert read.outputs == [Tensor("candidates", "float32", [-1, 6])]


def test_classification_signature(exported: Path) -> None:
    read = signature(model(exported, "resnet50"))
    assert read.inputs == [Tensor("images", "uint8", [224, 224, 3])]
    assert read.outputs == [Tensor("probabilities", "float32", [1000])]


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_the_batch_is_dynamic(exported: Path, name: str) -> None:
    graph = model(exported, name).graph
    assert all(each.type.tensor_type.shape.dim[0].dim_param for each in [*graph.input, *graph.output])


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_all_runtimes_know_the_operators(exported: Path, name: str) -> None:
    (opset,) = model(exported, name).opset_import
    assert opset.domain == ""
    assert 17 <= opset.version <= 20


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_the_first_node_casts_as_tensorrt_demands_of_uint8(exported: Path, name: str) -> None:
    readers = [node.op_type for node in model(exported, name).graph.node if "images" in node.input]
    assert set(readers) <= {"Cast", "Shape"}
    assert "Cast" in readers


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_batch_normalisation_is_folded_into_the_convolutions(exported: Path, name: str) -> None:
    assert "BatchNormalization" not in operators(model(exported, name))


def test_the_best_candidates_are_chosen_in_the_graph_before_they_are_decoded(exported: Path) -> None:
    found = operators(model(exported, "yolov8n"))
    assert found.count("TopK") == 1
    assert found.index("TopK") < found.index("Softmax")
    assert "NonMaxSuppression" not in found


def test_probabilities_are_made_in_the_graph(exported: Path) -> None:
    assert operators(model(exported, "resnet50"))[-1] == "Softmax"


@pytest.mark.parametrize(("name", "task", "classes"), [("yolov8n", "detect", 80), ("resnet50", "classify", 1000)])
def test_a_copy_of_the_file_says_what_it_is(exported: Path, name: str, task: str, classes: int) -> None:
    told = {entry.key: entry.value for entry in model(exported, name).metadata_props}
    assert told["task"] == task
    assert told["weights_provenance"] == "untrained"
    assert len(json.loads(told["names"])) == classes


@pytest.mark.parametrize("name", ["yolov8n", "resnet50"])
def test_no_path_of_the_exporting_machine_is_inside(exported: Path, name: str) -> None:
    raw = (exported / name / "1/model.onnx").read_bytes()
    assert b"site-packages" not in raw
    assert str(exported.parent).encode() not in raw
