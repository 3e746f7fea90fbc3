"""Whether two networks give the same answers, where their figures must differ. Pure NumPy.

In INT8 every figure moves: the largest difference says more about the most doubtful candidate of a picture than about
the network. What counts is what a user sees: the same objects, the same class.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SURE = 0.25  # score from which a detection is one; the pipeline's default
BORDERLINE = 0.15  # score that is enough to confirm one: 0.26 and 0.24 are no disagreement
OVERLAP = 0.75  # intersection over union of two boxes that are the same


@dataclass(frozen=True)
class Agreement:
    """How many answers of the one network the other one gave, too, counted both ways."""

    same: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """Return the share of answers that agree; 0 where there was none, because then nothing is proved."""
        return self.same / self.of if self.of else 0.0

    def __add__(self, other: "Agreement") -> "Agreement":
        return Agreement(self.same + other.same, self.of + other.of)


class Detections(NamedTuple):
    """After suppression, best first: boxes FP32 [D, 4] (x min, y min, x max, y max), scores [D], class ids [D]."""

    boxes: Floats
    scores: Floats
    classes: Floats

    def above(self, score: float) -> "Detections":
        kept = self.scores >= score
        return Detections(self.boxes[kept], self.scores[kept], self.classes[kept])


def agree_on_detections(got: Iterable[Detections], reference: Iterable[Detections]) -> Agreement:
    """Compare what was found in the same pictures.

    A sure detection of either network has to be found by the other: the same class, nearly the same box, and a score
    that is at least borderline. So an object that is lost counts, and one that is invented.
    """
    total = Agreement()
    for one, other in zip(got, reference, strict=True):
        total += _confirmed(one.above(SURE), other.above(BORDERLINE))
        total += _confirmed(other.above(SURE), one.above(BORDERLINE))
    return total


def agree_on_classes(got: Floats, reference: Floats) -> Agreement:
    """Compare the most probable classes of probabilities FP32 [N, classes]."""
    same = (got.argmax(axis=1) == reference.argmax(axis=1)) & np.isfinite(got).all(axis=1)
    return Agreement(int(same.sum()), len(same))


def _confirmed(claims: Detections, witnesses: Detections) -> Agreement:
    """Count the claims that have a witness each; none can confirm two."""
    overlaps = _overlaps(claims.boxes, witnesses.boxes)
    overlaps[claims.classes[:, None] != witnesses.classes[None]] = 0
    same = 0
    for row in overlaps:  # the best claim chooses first
        if row.size and row[best := row.argmax()] >= OVERLAP:
            overlaps[:, best] = 0
            same += 1
    return Agreement(same, len(overlaps))


def _overlaps(first: Floats, second: Floats) -> Floats:
    """Return intersection over union of boxes [D, 4] and [E, 4] as [D, E]."""
    top_left = np.maximum(first[:, None, :2], second[None, :, :2])
    bottom_right = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = (bottom_right - top_left).clip(0).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (first, second)]
    overlaps: Floats = shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, np.finfo(np.float32).tiny)
    return overlaps
