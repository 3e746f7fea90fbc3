"""Slots, lines and predictions. Time is real, and short."""

import asyncio
import random
import time
from typing import Any

import pytest

from gateway.admission import LINE_FULL, TOO_LATE, Admission
from gateway.call import Call
from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, Overloaded
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio


def a_call(seconds: float = 60, *, background: bool = False) -> Call:
    return Call("id", Deadline.after(seconds), background=background)


class Holder:
    """Somebody who takes a slot and keeps it until told otherwise."""

    def __init__(self, admission: Admission, call: Call, order: list["Holder"] | None = None) -> None:
        self.let_go = asyncio.Event()
        self._order = order
        self.task = asyncio.create_task(self._hold(admission, call))

    async def _hold(self, admission: Admission, call: Call) -> None:
        async with admission.slot("detect", call):
            if self._order is not None:
                self._order.append(self)
            await self.let_go.wait()

    async def end(self) -> None:
        self.let_go.set()
        await self.task


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def used(admission: Admission, seconds: float) -> None:
    """Let the admission learn how long an inference takes."""
    async with admission.slot("detect", a_call()):
        await asyncio.sleep(seconds)


async def test_no_more_than_the_slots_run_and_turns_come_in_order() -> None:
    admission, order = Admission(2, 10), list[Holder]()
    holders = [Holder(admission, a_call(), order) for _ in range(6)]
    await settle()
    assert (admission.running, admission.waiting) == (2, 4)
    for holder in holders:
        await holder.end()
        await settle()
    assert order == holders
    assert (admission.running, admission.waiting, admission.admitted) == (0, 0, 6)


async def test_waiting_is_the_stage_queue() -> None:
    admission = Admission(1, 10)
    first, call = Holder(admission, a_call()), a_call()
    await settle()
    second = Holder(admission, call)
    await asyncio.sleep(0.05)
    await first.end()
    await second.end()
    assert 50 <= call.stages.elapsed_ms["queue"] < 1000 * PATIENCE


async def test_a_full_line_refuses_at_once() -> None:
    admission = Admission(1, 1)
    holders = [Holder(admission, a_call()) for _ in range(2)]
    await settle()
    with pytest.raises(Overloaded) as refused:
        await used(admission, 0)
    assert int(refused.value.headers["retry-after"]) >= 1
    assert admission.shed == {LINE_FULL: 1}
    for holder in holders:
        await holder.end()


async def test_who_would_come_too_late_is_told_on_arrival() -> None:
    admission = Admission(1, 100)
    began = time.monotonic()
    await used(admission, 0.1)
    took = time.monotonic() - began
    holders = [Holder(admission, a_call()) for _ in range(4)]
    await settle()
    assert admission.predicted_wait() == pytest.approx(4 * took, rel=0.3)
    with pytest.raises(Overloaded):
        admission.foresee(3 * took)
    admission.foresee(20 * took)
    assert admission.shed == {TOO_LATE: 1}
    for holder in holders:
        await holder.end()


async def test_a_free_slot_is_given_whatever_the_past_was() -> None:
    """Otherwise one slow start would have everybody refused for ever."""
    admission = Admission(1, 10)
    await used(admission, 0.6)
    async with admission.slot("detect", a_call(0.5)):
        pass


async def test_quick_failures_teach_nothing() -> None:
    admission = Admission(1, 10)
    await used(admission, 0.05)
    before = admission.throughput
    for _ in range(20):
        with pytest.raises(LookupError):
            async with admission.slot("detect", a_call()):
                raise LookupError
    assert admission.throughput == before


async def test_a_deadline_that_passes_in_the_line_is_the_end() -> None:
    admission = Admission(1, 10)
    first = Holder(admission, a_call())
    await settle()
    with pytest.raises(DeadlineExceeded):
        async with admission.slot("detect", a_call(0.05)):
            pytest.fail("was run")
    assert (admission.dead, admission.waiting, admission.running) == (1, 0, 1)
    await first.end()
    assert admission.running == 0


async def test_nothing_is_run_for_who_comes_dead() -> None:
    admission = Admission(1, 10)
    with pytest.raises(DeadlineExceeded):
        async with admission.slot("detect", a_call(-1)):
            pytest.fail("was run")
    assert (admission.dead, admission.dead_started, admission.running) == (1, 0, 0)


async def test_who_dies_just_before_the_turn_is_passed_over() -> None:
    admission, order = Admission(1, 10), list[Holder]()
    first = Holder(admission, a_call())
    await settle()
    dying, living = Holder(admission, a_call(0.05), order), Holder(admission, a_call(), order)
    await settle()
    await asyncio.to_thread(asyncio.run, asyncio.sleep(0))  # warm, so that the block below is short
    blocked_until = asyncio.get_running_loop().time() + 0.1
    first.let_go.set()
    while asyncio.get_running_loop().time() < blocked_until:
        pass  # the loop is kept busy: the deadline passes and nobody could notice
    await first.task
    await living.end()
    with pytest.raises(DeadlineExceeded):
        await dying.task
    assert order == [living]


async def test_leaving_the_line() -> None:
    admission = Admission(1, 10)
    first, second, third = [Holder(admission, a_call()) for _ in range(3)]
    await settle()
    second.task.cancel()
    await settle()
    assert (admission.waiting, admission.left) == (1, 1)
    await first.end()
    await third.end()


async def test_leaving_in_the_moment_of_the_turn_passes_it_on() -> None:
    admission = Admission(1, 10)
    first, second, third = [Holder(admission, a_call()) for _ in range(3)]
    await settle()
    first.let_go.set()
    await asyncio.sleep(0)  # the turn was given, and its owner has not run yet
    assert admission.waiting == 1
    second.task.cancel()
    await third.end()
    assert second.task.cancelled()
    assert admission.running == 0


async def test_background_waits_for_everybody_and_takes_half() -> None:
    admission, order = Admission(4, 100), list[Holder]()
    background = [Holder(admission, a_call(background=True), order) for _ in range(5)]
    await settle()
    assert (admission.running, admission.waiting_in_background) == (2, 3)
    people = [Holder(admission, a_call(), order) for _ in range(4)]
    await settle()
    assert (admission.running, admission.waiting) == (4, 2)
    for holder in background[:2]:
        await holder.end()
    await settle()
    assert order[2:] == people
    for holder in people + background[2:]:
        await holder.end()
    assert (admission.running, admission.waiting_in_background) == (0, 0)


async def test_no_slot_is_lost_whatever_is_cancelled_when() -> None:
    chance = random.Random(7)
    admission = Admission(3, 1000)

    async def somebody() -> None:
        call = a_call(chance.choice((0.001, 0.01, 5)), background=chance.random() < 0.3)
        async with admission.slot("detect", call):
            assert admission.running <= 3
            await asyncio.sleep(chance.choice((0, 0.0005, 0.002)))
            if chance.random() < 0.2:
                raise LookupError

    tasks = list[asyncio.Task[None]]()
    for _ in range(2000):
        tasks.append(asyncio.create_task(somebody()))
        if chance.random() < 0.5:
            chance.choice(tasks[-10:]).cancel()  # of these some are in the line
        if chance.random() < 0.3:
            await asyncio.sleep(chance.choice((0, 0.001)))
    outcomes: list[Any] = await gathered(tasks)
    allowed = (LookupError, DeadlineExceeded, Overloaded, asyncio.CancelledError)
    assert all(outcome is None or isinstance(outcome, allowed) for outcome in outcomes)
    assert (admission.running, admission.waiting, admission.waiting_in_background) == (0, 0, 0)
    assert admission.dead_started == 0
    assert admission.left > 20
    async with admission.slot("detect", a_call()), admission.slot("detect", a_call()):
        assert admission.running == 2


async def gathered(tasks: list[asyncio.Task[None]]) -> list[Any]:
    async with asyncio.timeout(3 * PATIENCE):
        return await asyncio.gather(*tasks, return_exceptions=True)
