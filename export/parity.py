"""Compare what two runtimes computed from the same pixels. Pure NumPy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

BOX, SCORE, CLASS = slice(0, 4), 4, 5  # columns of a candidate
CHUNK = 64  # rows searched at once, which keeps the distances to all anchors in the cache


@dataclass(frozen=True)
class Tolerance:
    """The largest difference that is rounding and not a mistake."""

    box_px: float = 0.05
    score: float = 1e-4
    share: float = 1.0
    """How many of a picture's candidates have to be so near. Probabilities are always compared all."""

    def scaled(self, factor: float) -> "Tolerance":
        return Tolerance(self.box_px * factor, self.score * factor, self.share)


@dataclass(frozen=True)
class Difference:
    """The largest difference that was found; NaN or infinite where values or shapes make no sense."""

    box_px: float
    score: float

    def within(self, tolerance: Tolerance) -> bool:
        return self.box_px <= tolerance.box_px and self.score <= tolerance.score  # False for NaN


def compare_probabilities(got: Floats, reference: Floats, *, share: float = 1.0) -> Difference:  # noqa: ARG001 - of candidates
    """Compare FP32 [N, classes] with FP32 [N, classes]."""
    if got.shape != reference.shape:
        return Difference(np.inf, np.inf)
    return Difference(0.0, float(np.abs(got - reference).max()))


def compare_candidates(got: Floats, reference: Floats, limit: int, *, share: float = 1.0) -> Difference:
    """Compare candidates FP32 [N, K, 6] with the decoded prediction of every anchor, FP32 [N, 4 + classes, A].

    K must be min(limit, A). Candidates of nearly equal score may come in another order, and a class of nearly equal
    score in the place of the best: so every candidate has to equal *some* anchor, and the sorted scores the best K.
    With a `share` below 1 the worst candidates of each picture are left out.
    """
    batch, channels, anchors = reference.shape
    if got.shape != (batch, min(limit, anchors), 6) or not np.isin(got[..., CLASS], np.arange(channels - 4)).all():
        return Difference(np.inf, np.inf)
    differences = [_compare_image(rows, anchor.T, share) for rows, anchor in zip(got, reference, strict=True)]
    boxes, scores = np.max(differences, axis=0)  # NumPy's maximum, unlike Python's, is NaN when one of them is
    return Difference(float(boxes), float(scores))


def _compare_image(rows: Floats, anchors: Floats, share: float) -> tuple[float, float]:
    """Return the largest (box, score) difference that `share` of candidates [K, 6] have to anchors [A, 4 + classes]."""
    best = anchors[:, 4:].max(axis=1)
    order = np.argsort(-best, kind="stable")[: len(rows)]
    boxes, scores = _differences(rows[:, None], anchors[order, None])
    astray = np.flatnonzero(_badness(boxes, scores)[:, 0] > 1)  # another anchor of nearly the same score, probably
    for few in np.array_split(astray, len(astray) // CHUNK + 1):
        boxes[few, 0], scores[few, 0] = _nearest(rows[few], anchors)
    ranks = np.abs(np.sort(rows[:, SCORE])[::-1] - best[order])
    return _largest(boxes[:, 0], share), float(np.max([_largest(scores[:, 0], share), _largest(ranks, share)]))


def _largest(differences: Floats, share: float) -> float:
    """Return the largest of the smallest `share`; NaN when there is a single one among them all."""
    return float(np.quantile(differences, share, method="higher"))


def _nearest(rows: Floats, anchors: Floats) -> tuple[Floats, Floats]:
    """Return the differences [R] of candidates [R, 6] to the anchors [A, 4 + classes] they are nearest to."""
    boxes, scores = _differences(rows[:, None], anchors[None])
    nearest = _badness(boxes, scores).argmin(axis=1)
    each = np.arange(len(rows))
    return boxes[each, nearest], scores[each, nearest]


def _differences(rows: Floats, anchors: Floats) -> tuple[Floats, Floats]:
    """Return differences of box and score, [R, A], between candidates [R, 1, 6] and anchors [R or 1, A, 4 + classes].

    The score must be the anchor's best, and that of the class which the candidate names.
    """
    score = rows[..., SCORE]
    of_class = _scores_of(rows[:, 0, CLASS].astype(np.intp), anchors)
    off = np.maximum(np.abs(score - anchors[..., 4:].max(axis=-1)), np.abs(score - of_class))
    return np.abs(rows[..., BOX] - anchors[..., :4]).max(axis=-1), off


def _scores_of(classes: NDArray[np.intp], anchors: Floats) -> Floats:
    """Return the score [R, A] of class [R] at anchors [R or 1, A, 4 + classes]."""
    row = np.arange(len(classes)) if len(anchors) > 1 else np.zeros_like(classes)
    scores: Floats = anchors[row, :, 4 + classes]
    return scores


def _badness(boxes: Floats, scores: Floats) -> Floats:
    """Return differences as multiples of what is usually tolerated, to weigh pixels against scores."""
    usual = Tolerance()
    worst: Floats = np.maximum(boxes / usual.box_px, scores / usual.score)
    return worst
