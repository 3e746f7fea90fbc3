from __future__ import annotations

import pytest

from ui.gateway.timing import Stage, parse


def test_stages_keep_their_order_and_the_total_is_not_one_of_them() -> None:
    timing = parse("read;dur=0.32, queue;dur=0.01, infer;dur=24.90, total;dur=26.04", round_trip_ms=30)
    assert timing.stages == (Stage("read", 0.32), Stage("queue", 0.01), Stage("infer", 24.9))
    assert timing.total_ms == 26.04
    assert timing.network_ms == pytest.approx(3.96)


@pytest.mark.parametrize("header", ["", "nonsense", "infer;dur=", ";dur=3", "infer;desc=x"])
def test_what_cannot_be_read_is_left_out(header: str) -> None:
    assert parse(header).stages == ()


def test_clocks_that_disagree_give_no_negative_time() -> None:
    assert parse("total;dur=50", round_trip_ms=40).network_ms == 0
