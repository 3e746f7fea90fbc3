import io

import pytest

from export.console import Console
from export.tuning.measure import Measurement
from export.tuning.search import Goal, search
from export.tuning.space import Candidate, variants

SLOW, FAST, LATE = (Candidate("f32", streams, 1) for streams in (1, 2, 3))
SPEED = {SLOW: Measurement(10, 90, 100), FAST: Measurement(20, 45, 60), LATE: Measurement(30, 30, 500)}


def find(goal: Goal, speed: dict[Candidate, Measurement]) -> tuple[Candidate, dict[Candidate, Measurement]]:
    def attempt(candidate: Candidate) -> Measurement:
        return speed.get(candidate, Measurement(1, 999, 999))

    return search(SPEED, goal, attempt, 1, Console(io.StringIO()))


def test_the_goal_of_throughput_takes_the_fastest() -> None:
    assert find(Goal(), SPEED)[0] == LATE


@pytest.mark.parametrize(("slower", "winner"), [(0.98, SLOW), (0.96, LATE)])
def test_what_is_as_fast_but_for_noise_wins_if_it_is_listed_first(slower: float, winner: Candidate) -> None:
    fastest = SPEED[LATE].throughput
    assert find(Goal(), {**SPEED, SLOW: Measurement(fastest * slower, 90, 100)})[0] == winner


def test_the_goal_of_latency_takes_the_fastest_in_time() -> None:
    assert find(Goal(p99_ms=80), SPEED)[0] == FAST


def test_when_none_is_in_time_the_least_late_wins() -> None:
    assert find(Goal(p99_ms=1), SPEED)[0] == FAST


@pytest.mark.parametrize("variant", variants(LATE))
def test_a_variant_of_the_best_wins_where_it_is_faster(variant: Candidate) -> None:
    winner, results = find(Goal(), {**SPEED, variant: Measurement(31, 30, 40)})
    assert winner == variant
    assert set(results) == {*SPEED, *variants(LATE)}


def test_the_best_of_several_rounds_counts() -> None:
    speeds = {candidate: iter([5, 7, 6, 2]) for candidate in (SLOW, *variants(SLOW))}
    _, results = search([SLOW], Goal(), lambda tried: Measurement(next(speeds[tried]), 1, 1), 2, Console(io.StringIO()))
    assert {candidate: result.throughput for candidate, result in results.items()} == dict.fromkeys(speeds, 7)
