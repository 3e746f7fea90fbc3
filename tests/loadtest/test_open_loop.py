"""An open loop asks at its rate, and shows the waiting that a closed loop hides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.pacing import gaps
from tests.loadtest.runs import run
from tests.loadtest.servers import serving

if TYPE_CHECKING:
    from pathlib import Path

SERVICE_SECONDS = 0.1  # so ten requests per second at most


def test_a_closed_loop_sees_nothing_of_the_overload_that_an_open_one_shows(tmp_path: Path) -> None:
    with serving(seconds=SERVICE_SECONDS) as url:
        _, closed = run(tmp_path / "closed", f"--target={url}", "--users=1", "--duration=2s")
        options = ["--shape=open", "--rate=20", "--duration=3s", "--max-in-flight=200"]
        _, opened = run(tmp_path / "open", f"--target={url}", *options)
    # Arrivals kept their rate although answers came half as often; what stands still at a border of the run may cost
    # some, but not in every window.
    assert max(window["rps"] for window in opened["timeline"]) == pytest.approx(20, abs=2)
    assert opened["total"]["requests"] <= 20 * opened["seconds"] + 2
    assert opened["missed"] == 0
    assert 3 <= closed["total"]["requests"] <= 10 * closed["seconds"] + 2
    # The last one arrived after 3 s and was served after 6 s.
    assert opened["total"]["p99"] > 5 * closed["total"]["p50"]


def test_arrivals_that_find_nobody_idle_are_told(tmp_path: Path) -> None:
    with serving(seconds=SERVICE_SECONDS) as url:
        options = ["--shape=open", "--rate=40", "--duration=3s", "--max-in-flight=2"]
        code, summary = run(tmp_path, f"--target={url}", *options, "--sheds=10")
    # Two at a time, ten per second: three in four arrivals found nobody, and that is told.
    served, seconds = summary["total"]["requests"], summary["seconds"]
    assert 0 < served <= 10 * seconds + 4
    assert 60 <= served + summary["missed"] <= 40 * seconds + 2
    assert code == 1


def test_poisson_arrivals_are_irregular_but_as_many_and_always_the_same() -> None:
    def some(arrivals: str, seed: int) -> list[float]:
        source = gaps(50, arrivals, seed)
        return [next(source) for _ in range(4000)]

    assert set(some("constant", 1)) == {0.02}
    random = some("poisson", 1)
    assert sum(random) / len(random) == pytest.approx(0.02, rel=0.1)
    # Of an exponential distribution as much lies above its mean as 1/e.
    assert sum(gap > 0.02 for gap in random) / len(random) == pytest.approx(0.368, abs=0.03)
    assert random == some("poisson", 1)
    assert random != some("poisson", 2)
