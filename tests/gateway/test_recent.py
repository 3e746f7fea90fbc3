import pytest

from gateway.recent import KEPT, Latency, Recent


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_nothing_yet(clock: Clock) -> None:
    assert Recent(clock).latency() == Latency(None, None, None)
    assert Recent(clock).per_second() == 0


def test_latency(clock: Clock) -> None:
    recent = Recent(clock)
    for milliseconds in range(1, 101):
        recent.answered(milliseconds / 1e3)
    assert tuple(recent.latency()) == pytest.approx((50.5, 51, 96))


def test_rate_is_of_the_last_ten_seconds(clock: Clock) -> None:
    recent = Recent(clock)
    for _ in range(100):
        recent.answered(0.01)
    clock.now += 60
    for _ in range(50):
        recent.answered(0.01)
    assert recent.per_second() == 5
    clock.now += 10.1
    assert recent.per_second() == 0


def test_rate_of_a_young_process(clock: Clock) -> None:
    recent = Recent(clock)
    clock.now += 2
    recent.answered(0.01)
    assert (recent.per_second(), recent.uptime()) == (0.5, 2)


def test_rate_of_a_busy_one(clock: Clock) -> None:
    recent = Recent(clock)
    for _ in range(4 * KEPT):
        clock.now += 0.001
        recent.answered(0.01)
    assert recent.per_second() == pytest.approx(1000, rel=0.01)
