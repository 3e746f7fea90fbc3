"""Which precisions may be tried: those that cost no more accuracy than the guard allows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from export.console import Console
from export.errors import PrecisionError
from export.tuning.precision import EXACT

Accuracy = Callable[[str], float]


@dataclass(frozen=True)
class Admission:
    """The precisions that are admitted, and the accuracies that say so."""

    precisions: Sequence[str]
    accuracies: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Gate:
    """`accuracy` measures a precision, `allowed_drop` is what it may lose against FP32."""

    accuracy: Accuracy
    allowed_drop: float
    console: Console

    def admit(self, families: Iterable[Sequence[str]]) -> Admission:
        """Admit FP32, and of each family the first that is good enough; the rest of it is not measured."""
        accuracies, admitted = {EXACT: self._measured(EXACT)}, [EXACT]
        for family in families:
            for precision in family:
                accuracies[precision] = self._measured(precision)
                if not (reason := self._reason_against(accuracies, precision)):
                    admitted.append(precision)
                    break
                self.console.line(f"  {reason}")
        return Admission(admitted, accuracies)

    def insist(self, precision: str) -> Admission:
        """Admit this one alone; `PrecisionError` when it is not good enough."""
        accuracies = {name: self._measured(name) for name in dict.fromkeys((EXACT, precision))}
        if reason := self._reason_against(accuracies, precision):
            raise PrecisionError(f"{reason}; without --labels it is taken unasked")
        return Admission([precision], accuracies)

    def _measured(self, precision: str) -> float:
        accuracy = self.accuracy(precision)
        self.console.line(f"  {accuracy:.4f}")
        return accuracy

    def _reason_against(self, accuracies: Mapping[str, float], precision: str) -> str:
        drop = accuracies[EXACT] - accuracies[precision]
        if drop <= self.allowed_drop or precision == EXACT:
            return ""
        return f"{precision} refused: accuracy falls by {drop:.4f}, more than the {self.allowed_drop:g} of --drop"
