"""From candidates to a winner."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from export.console import Console
from export.tuning.measure import Measurement
from export.tuning.space import Candidate, variants

Try = Callable[[Candidate], Measurement]
# Of the fastest: a smaller difference is noise.
NOISE = 0.03


@dataclass(frozen=True)
class Goal:
    """The most pictures per second; with `p99_ms`, only among those that answer in time."""

    p99_ms: float | None = None

    def best(self, results: Mapping[Candidate, Measurement]) -> Candidate:
        """Choose; when none is in time, the one that is least late.

        Of those as fast as the fastest it is the first: listed first is what is exact, and what takes less memory.
        """
        in_time = {c: m for c, m in results.items() if self.p99_ms is None or m.p99_ms <= self.p99_ms}
        if not in_time:
            return min(results, key=lambda candidate: results[candidate].p99_ms)
        enough = max(result.throughput for result in in_time.values()) * (1 - NOISE)
        return next(candidate for candidate, result in in_time.items() if result.throughput >= enough)


def search(
    candidates: Iterable[Candidate], goal: Goal, attempt: Try, rounds: int, console: Console
) -> tuple[Candidate, dict[Candidate, Measurement]]:
    """Measure every candidate, in turns so that a noisy minute does not hit one alone, then the best and its variants.

    Returns the winner and the best measurement of each.
    """
    results: dict[Candidate, Measurement] = {}

    def measure(tried: Sequence[Candidate]) -> None:
        for number in range(1, rounds + 1):
            console.line(f"round {number} of {rounds}")
            for candidate in tried:
                _keep_better(results, candidate, attempt(candidate), console)

    measure(list(candidates))
    best = goal.best(results)
    console.line(f"variants of {best}")
    measure([best, *variants(best)])
    return goal.best(results), results


def _keep_better(
    results: dict[Candidate, Measurement], candidate: Candidate, new: Measurement, console: Console
) -> None:
    console.line(f"  {candidate!s:<48} {new.throughput:7.1f}/s   p50 {new.p50_ms:7.1f} ms   p99 {new.p99_ms:7.1f} ms")
    # Noise only ever slows down.
    if candidate not in results or new.throughput > results[candidate].throughput:
        results[candidate] = new
