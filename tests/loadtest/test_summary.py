"""From samples to figures."""

from __future__ import annotations

from loadtest.outcome import RequestError, ShedError
from loadtest.recorder import Recorder
from loadtest.summary import drift, measured, percentile


def record(recorder: Recorder, started: float, latency_ms: float, exception: Exception | None = None) -> None:
    recorder.on_request(
        request_type="gateway", name="detect", response_time=latency_ms, started=started, exception=exception
    )


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert [percentile(values, part) for part in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7
    assert percentile([], 0.5) is None


def test_errors_and_sheds_are_not_in_the_latency_of_answers() -> None:
    recorder = Recorder()
    record(recorder, 0.0, 100.0)
    record(recorder, 0.0, 1.0, ShedError("503"))
    record(recorder, 0.0, 9000.0, RequestError("500"))
    total = measured(recorder, 0.0, 10.0)["total"]
    assert (total["good"], total["errors"], total["sheds"]) == (1, 1, 1)
    assert (total["mean"], total["p99"], total["max"], total["shed_p99"]) == (100, 100, 100, 1)


def test_only_answers_within_the_time_measured_make_the_rate() -> None:
    recorder = Recorder(since=1.0)
    record(recorder, 0.5, 100.0)  # warm-up
    for _ in range(4):
        record(recorder, 1.5, 100.0)
    record(recorder, 2.9, 5000.0)  # answered after the end: a latency, but not a rate
    total = measured(recorder, 1.0, 3.0)["total"]
    assert total["good"] == 5
    assert total["rps"] == 2
    assert total["max"] == 5000


def test_a_slow_decline_shows_in_the_drift() -> None:
    recorder = Recorder()
    for second in range(20):
        record(recorder, float(second), 100.0 * (2 if second >= 15 else 1))
    timeline = measured(recorder, 0.0, 20.0)["timeline"]
    assert [window["p50"] for window in timeline] == [100.0] * 15 + [200.0] * 5
    assert drift(timeline) == 2
    assert drift(timeline[:2]) is None
