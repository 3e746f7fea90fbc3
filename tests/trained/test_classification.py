"""Classification through HTTP against torchvision's own preprocessing and PyTorch, and against the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.trained.conftest import post, reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx

pytestmark = [pytest.mark.trained, pytest.mark.timeout(1800)]


def test_top_1_equals_torchvision(
    gateway: httpx.Client, weights: Path, evaluation: Path, report: Callable[[str], None]
) -> None:
    lines = (evaluation / "imagenet/labels.txt").read_text().splitlines()
    labels = {evaluation / "imagenet/images" / name: int(label) for name, label in map(str.split, lines)}
    expected = reference("classify", weights / "resnet50.pth", 256, list(labels))
    ours = theirs = agree = 0
    worst = 0.0
    for file, label in labels.items():
        best = post(gateway, "/v1/classify", file, top_k=5)["classifications"][0]
        (class_id, *_), (confidence, *_) = expected[str(file)]
        ours += best["class_id"] == label
        theirs += class_id == label
        agree += best["class_id"] == class_id
        if best["class_id"] == class_id:
            worst = max(worst, abs(best["confidence"] - confidence))
    total = len(labels)
    report(
        f"top-1 through HTTP {ours / total:.2%}, torchvision {theirs / total:.2%}; agreement {agree}/{total}, "
        f"|confidence| <= {worst:.4f}"
    )
    assert theirs / total > 0.5
    assert abs(ours - theirs) / total <= 0.003
