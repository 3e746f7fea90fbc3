"""What is held against the original: every size is tried, and one that does not fit is enough."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from export.catalog import RESNET50, YOLOV8N
from export.checkpoint import Checkpoint
from export.console import Console
from export.errors import ParityError
from export.parity import Difference, Tolerance, compare_probabilities
from export.pixels import Pixels
from export.plan.agreement import agree_on_classes
from export.verify import Case, Subject, cases, verify


def means(pixels: Pixels) -> NDArray[np.float32]:
    """Compute something that depends on every picture: FP32 [N, 3]."""
    return np.asarray(pixels.mean(axis=(1, 2)), np.float32)


CHECKPOINT = Checkpoint(
    spec=RESNET50, labels=[], network=None, output="means", dynamic_axes={}, reference=means,
    compare=compare_probabilities, agree=agree_on_classes, prepare=lambda _: np.zeros((1, 2, 2, 3), np.uint8),
)  # fmt: skip
TRIED = [Case(1, 16, 16), Case(2, 16, 16)]


@pytest.fixture
def console() -> Console:
    return Console(io.StringIO())


def test_what_computes_the_same_passes_with_its_figures(console: Console) -> None:
    outcomes = verify(Subject("ONNX", means), CHECKPOINT, TRIED, Tolerance(), console)
    assert [outcome.figures() for outcome in outcomes] == [
        {"batch": batch, "height": 16, "width": 16, "box_px": 0.0, "score": 0.0} for batch in (1, 2)
    ]


def test_one_size_that_differs_is_enough(console: Console) -> None:
    subject = Subject("the plan", lambda pixels: means(pixels)[::-1])
    with pytest.raises(ParityError, match="resnet50: the plan differs from PyTorch in 1 of 2 cases"):
        verify(subject, CHECKPOINT, TRIED, Tolerance(), console)


def test_what_does_not_run_is_named_with_the_size(console: Console) -> None:
    def run(pixels: Pixels) -> NDArray[np.float32]:
        raise RuntimeError(f"no memory for {len(pixels)}")

    with pytest.raises(ParityError, match=r"the plan does not run on Case\(batch=1, .*no memory for 1"):
        verify(Subject("the plan", run), CHECKPOINT, TRIED, Tolerance(), console)


def test_the_tolerance_says_what_share_is_compared(console: Console) -> None:
    shares = []

    def compare(got: NDArray[np.float32], reference: NDArray[np.float32], /, *, share: float) -> Difference:
        shares.append(share)
        return compare_probabilities(got, reference)

    checkpoint = replace(CHECKPOINT, compare=compare)
    verify(Subject("ONNX", means), checkpoint, TRIED, Tolerance(share=0.9), console)
    assert shares == [0.9, 0.9]


def test_sizes_of_a_model_that_takes_several() -> None:
    tried = cases(YOLOV8N, 16)
    assert {case.batch for case in tried} == {1, 2, 3, 16}
    assert Case(1, 64, 64) in tried
    assert all(case.batch == 1 for case in cases(YOLOV8N, 1))
    assert [case.batch for case in cases(RESNET50, 2)] == [1, 2]
