import asyncio

import anyio
import pytest

from gateway.deadline import Deadline
from gateway.errors import DeadlineExceeded, TritonUnavailable
from gateway.settings import Settings
from gateway.triton.client import TritonClient
from gateway.triton.tensors import infer_request
from tests.gateway import fake_triton
from tests.gateway.fake_triton import FakeTriton
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio
REQUEST = infer_request("detect", [], request_id="id", timeout_s=1)


async def test_a_cancelled_task_cancels_its_call(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    client = TritonClient(gateway_settings.triton_url)
    task = asyncio.create_task(client.infer(REQUEST, Deadline.after(60)))
    await asyncio.wait_for(triton.arrived.wait(), PATIENCE)
    task.cancel()
    await asyncio.wait_for(triton.cancelled.wait(), PATIENCE)
    await client.close()


async def test_no_time_left_no_call(gateway_settings: Settings, triton: FakeTriton) -> None:
    client = TritonClient(gateway_settings.triton_url)
    with pytest.raises(DeadlineExceeded):
        await client.infer(REQUEST, Deadline.after(-1))
    assert not triton.requests
    await client.close()


async def test_nobody_listens() -> None:
    client = TritonClient("127.0.0.1:1")
    with pytest.raises(TritonUnavailable):
        await client.ready(Deadline.after(2))
    await client.close()


async def test_several_behind_one_name_are_asked_in_turn() -> None:
    one, other = FakeTriton(), FakeTriton()
    async with fake_triton.listening(one) as first, fake_triton.listening(other) as second:
        # As a name does that stands for several addresses.
        client = TritonClient(f"ipv4:{first},{second}")
        with anyio.fail_after(5):
            while not (len(one.requests) > 3 and len(other.requests) > 3):
                await client.infer(REQUEST, Deadline.after(5))
        await client.close()
    assert abs(len(one.requests) - len(other.requests)) < len(one.requests + other.requests) / 2


async def test_a_scope_that_cancelled_a_call_knows_it_again(gateway_settings: Settings, triton: FakeTriton) -> None:
    triton.infer = fake_triton.never
    client = TritonClient(gateway_settings.triton_url)
    with anyio.move_on_after(0.2) as scope:
        await client.infer(REQUEST, Deadline.after(30))
    assert scope.cancelled_caught
    await client.close()
