"""Run a graph and the original model on the same pixels, at several batch and picture sizes, and keep the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from export.catalog import ModelSpec
from export.checkpoint import Checkpoint
from export.console import Console
from export.errors import ParityError
from export.parity import Difference, Tolerance
from export.pixels import Run, pictures


class Subject(NamedTuple):
    """What is held against PyTorch: an ONNX file in some runtime, or a plan."""

    name: str
    run: Run


class Case(NamedTuple):
    batch: int
    height: int
    width: int


@dataclass(frozen=True)
class Outcome:
    case: Case
    difference: Difference

    def figures(self) -> dict[str, float]:
        return {**self.case._asdict(), "box_px": self.difference.box_px, "score": self.difference.score}


def cases(spec: ModelSpec, max_batch: int) -> Sequence[Case]:
    """Return the sizes to try: batches 1, 2, 3 and the largest; where sizes vary, rectangles and a very small one too.

    At 64x64 there are fewer anchors than candidates asked for.
    """
    side = spec.image_size
    if spec.stride is None:
        return [Case(batch, side, side) for batch in sorted({1, 2, 3, max_batch}) if batch <= max_batch]
    tried = [
        Case(1, side, side),
        Case(1, 384, side),
        Case(2, 480, side),
        Case(3, side, 480),
        Case(1, 64, 64),
        Case(max_batch, 64, 64),
        Case(max_batch, 480, side),
    ]
    return [case for case in dict.fromkeys(tried) if case.batch <= max_batch]


def verify(
    subject: Subject, checkpoint: Checkpoint, tried: Sequence[Case], tolerance: Tolerance, console: Console
) -> list[Outcome]:
    """Compare the subject with PyTorch in every case and print a table.

    Raises:
        ParityError: at least one case differs by more than the tolerance, or does not run at all
    """
    console.line(f"{checkpoint.spec.name}: {subject.name} against PyTorch, {tolerance.share:.0%} of the candidates")
    console.line("    size      batch   max |Δ| box px   max |Δ| score")
    outcomes = []
    for case in tried:
        pixels = pictures(*case)
        try:
            got = subject.run(pixels)
        except Exception as error:  # runtimes have exceptions of their own, which share no public base
            raise ParityError(f"{checkpoint.spec.name}: {subject.name} does not run on {case}: {error}") from error
        difference = checkpoint.compare(got, checkpoint.reference(pixels), share=tolerance.share)
        outcomes.append(Outcome(case, difference))
        console.line(_row(outcomes[-1], tolerance))
    failed = [outcome for outcome in outcomes if not outcome.difference.within(tolerance)]
    if failed:
        raise ParityError(
            f"{checkpoint.spec.name}: {subject.name} differs from PyTorch in {len(failed)} of {len(outcomes)} cases "
            f"(allowed: box {tolerance.box_px:g} px, score {tolerance.score:g}); an engine that was there before is "
            "untouched"
        )
    return outcomes


def _row(outcome: Outcome, tolerance: Tolerance) -> str:
    case, difference = outcome.case, outcome.difference
    verdict = "ok" if difference.within(tolerance) else "DIFFERS"
    size = f"{case.width}x{case.height}"
    return f"    {size:<9} {case.batch:>5}   {difference.box_px:>14.2e}   {difference.score:>13.2e}   {verdict}"
