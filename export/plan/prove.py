"""Hold a typed graph, or the plan built from it, against the original model."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import numpy as np

from export.checkpoint import Checkpoint, Floats
from export.console import Console
from export.errors import ParityError
from export.parity import Tolerance
from export.pixels import Pixels
from export.plan.agreement import Agreement
from export.plan.square import square_cases
from export.plan.wanted import Precision, WantedPlan
from export.verify import Subject, verify

TOLERANCES: Final[dict[Precision, Tolerance]] = {
    "fp32": Tolerance(),
    # FP16 moves a box with a flat distribution, one that means nothing, by pixels: 99 of 100 candidates by up to 4.3 px
    # and 0.004 in ONNX Runtime, on seeded pictures and on photos. A GPU may add up in FP16, too. Swapped colours or a
    # lost bias move them by 45 px and more.
    "fp16": Tolerance(box_px=12, score=0.02, share=0.99),
}
UNTRAINED_FACTOR = 3  # all candidates of an untrained network are doubtful ones: 12 px, 0.03
LEAST_AGREEMENT = 0.9  # in INT8


@dataclass(frozen=True)
class Prover:
    """Knows the original, and what may be held against it.

    `tolerance` is a factor, what `--tolerance` says.
    """

    checkpoint: Checkpoint
    wanted: WantedPlan
    provenance: str
    tolerance: float
    console: Console

    def prove(self, subject: Subject) -> dict[str, object]:
        """Compare with PyTorch, print the figures and return them for the record.

        FP32 and FP16 are compared figure by figure on seeded pictures, INT8 answer by answer on those pictures that
        were kept back from its calibration.

        Raises:
            ParityError: it differs by more than it may
        """
        if self.wanted.calibration:
            return self._prove_answers(subject, self.wanted.calibration.kept_back)
        return self._prove_figures(subject)

    def _prove_figures(self, subject: Subject) -> dict[str, object]:
        factor = self.tolerance
        if self.provenance == "untrained" and self.wanted.precision != "fp32":
            factor *= UNTRAINED_FACTOR
        tolerance = TOLERANCES[self.wanted.precision].scaled(factor)
        tried = square_cases(self.checkpoint.spec, self.wanted.max_batch)
        outcomes = verify(subject, self.checkpoint, tried, tolerance, self.console)
        return {"tolerance": asdict(tolerance), "cases": [outcome.figures() for outcome in outcomes]}

    def _prove_answers(self, subject: Subject, pictures: Sequence[Path]) -> dict[str, object]:
        total = Agreement()
        for pixels in self._batches(pictures):
            total += self.checkpoint.agree(self._run(subject, pixels), self.checkpoint.reference(pixels))
        needed = 1 - (1 - LEAST_AGREEMENT) * self.tolerance
        told = f"{total.same} of {total.of} answers on {len(pictures)} pictures are PyTorch's ({total.share:.1%})"
        self.console.line(f"    {subject.name}: {told}   {'ok' if total.share >= needed else 'DIFFERS'}")
        if total.share < needed:
            raise ParityError(
                f"{self.checkpoint.spec.name}: {subject.name}: {told}, at least {needed:.0%} have to be: calibrate "
                "with more typical pictures, or choose fp16; an engine that was there before is untouched"
            )
        return {"least_agreement": needed, "pictures": len(pictures), **asdict(total), "agreement": total.share}

    def _batches(self, pictures: Sequence[Path]) -> Iterator[Pixels]:
        """Read pictures in batches of 1, 2, 3 and the most, and again."""
        left = list(pictures)
        for case in cycle(square_cases(self.checkpoint.spec, self.wanted.max_batch)):
            if not left:
                return
            taken, left = left[: case.batch], left[case.batch :]
            yield np.concatenate([self.checkpoint.prepare(path) for path in taken])

    def _run(self, subject: Subject, pixels: Pixels) -> Floats:
        try:
            return subject.run(pixels)
        except Exception as error:  # runtimes have exceptions of their own, which share no public base
            model = self.checkpoint.spec.name
            raise ParityError(f"{model}: {subject.name} does not run on {len(pixels)} pictures: {error}") from error
