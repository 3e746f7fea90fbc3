import pytest

from gateway.service_times import ServiceTimes, retry_after


def test_times_are_kept_by_pipeline_and_together() -> None:
    times = ServiceTimes()
    assert times.expected("detect") == 0
    for _ in range(100):
        times.observe("detect", 0.2)
        times.observe("classify", 0.1)
    assert times.expected("detect") == pytest.approx(0.2, rel=0.01)
    assert times.expected("classify") == pytest.approx(0.1, rel=0.01)
    assert times.mean == pytest.approx(0.15, rel=0.1)


def test_it_follows_a_change_within_some_twenty() -> None:
    times = ServiceTimes()
    times.observe("detect", 1)
    for _ in range(22):
        times.observe("detect", 0.1)
    assert times.expected("detect") == pytest.approx(0.2, rel=0.1)


def test_a_long_time_depends_on_how_much_they_differ() -> None:
    even, uneven = ServiceTimes(), ServiceTimes()
    for seconds in (0.1, 0.3) * 50:
        even.observe("detect", 0.2)
        uneven.observe("detect", seconds)
    assert even.long == pytest.approx(0.2)
    assert 0.35 < uneven.long < 0.5


def test_what_was_cut_off_would_have_taken_longer() -> None:
    times = ServiceTimes()
    times.observe("detect", 0.1)
    times.observe_cut_off("detect", 0)
    assert times.mean == pytest.approx(0.1)
    times.observe_cut_off("detect", 0.05)
    assert times.mean > 0.1


@pytest.mark.parametrize("wait", [0, 0.3, 4, 30])
def test_those_refused_together_do_not_come_back_together(wait: float) -> None:
    drawn = {retry_after(wait) for _ in range(200)}
    assert len(drawn) > 1
    assert min(drawn) >= max(1, wait)
    assert max(drawn) <= 2 * wait + 3
