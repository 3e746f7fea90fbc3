"""Sessions without sockets: a client that is a list of messages, a worker that is a delay."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.datastructures import QueryParams

from gateway.errors import UnknownModel
from gateway.streams.ended import IDLE, NOT_READ, Ended
from gateway.streams.frame import Frame, Reply
from gateway.streams.roles import Limits
from gateway.streams.session import Session
from gateway.streams.wanted import Wanted
from tests.waiting import PATIENCE

pytestmark = pytest.mark.anyio
LEAVES = Ended(1000)
FRAME_DEADLINE = 3 * PATIENCE


class Client:
    """Says what is put into `says`, an exception being its last word."""

    def __init__(self, reads: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)) -> None:
        self.says: asyncio.Queue[bytes | str | Ended] = asyncio.Queue()
        self.heard: list[dict[str, Any]] = []
        self.pictures: list[bytes] = []
        self._reads = reads

    async def receive(self) -> bytes | str:
        message = await self.says.get()
        if isinstance(message, Ended):
            raise message
        return message

    async def send(self, message: bytes | str) -> None:
        await self._reads()
        if isinstance(message, bytes):
            self.pictures.append(message)
        else:
            self.heard.append(json.loads(message))


class Worker:
    def __init__(self, takes: Callable[[], float]) -> None:
        self._takes = takes
        self.running = self.most = self.cancelled = 0
        self.seen: list[Frame] = []
        self.received = self.dropped = 0

    async def check(self, wanted: Wanted) -> None:
        if wanted.parameters.model == "none":
            raise UnknownModel

    def count(self, *, dropped: int) -> None:
        self.received += 1
        self.dropped += dropped

    async def answer(self, frame: Frame) -> Reply:
        self.seen.append(frame)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await asyncio.sleep(self._takes())
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return Reply(frame, {"result": frame.image.decode()}, b"picture" if frame.wanted.annotate else None)


def session(client: Client, worker: Worker, query: str = "task=detect", **limits: Any) -> Session:
    patient = {"in_flight": 2, "frame_deadline": FRAME_DEADLINE, "idle": 3 * PATIENCE, "send": 3 * PATIENCE}
    limited = Limits(**patient | limits)
    return Session(client, worker, Wanted.from_query(QueryParams(query)), limited, "id")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - of things that know no events
            await asyncio.sleep(0.001)


async def heard(client: Client, count: int) -> None:
    await until(lambda: len(client.heard) >= count)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("in_flight", [1, 2, 5])
async def test_any_order_of_events(seed: int, in_flight: int) -> None:
    """Every frame is answered or counted, answers are in order, and the last frame has one."""
    chance = random.Random(seed)
    client = Client(reads=lambda: asyncio.sleep(chance.choice([0, 0, 0.002])))
    worker = Worker(lambda: chance.choice([0, 0.001, 0.01]))
    running = asyncio.create_task(session(client, worker, in_flight=in_flight).run())
    for number in range(50):
        client.says.put_nowait(str(number).encode())
        await asyncio.sleep(chance.choice([0, 0, 0.001, 0.005]))
    await until(lambda: bool(client.heard) and client.heard[-1]["frame"] == 49)
    client.says.put_nowait(LEAVES)
    assert await running is LEAVES
    numbers = [answer["frame"] for answer in client.heard]
    assert numbers == sorted(set(numbers)) == [int(answer["result"]) for answer in client.heard]
    assert len(numbers) + client.heard[-1]["dropped"] == 50
    assert worker.most <= in_flight
    assert (worker.received, worker.dropped) == (50, client.heard[-1]["dropped"])


async def test_frames_that_come_together_get_the_free_slots() -> None:
    client, worker = Client(), Worker(lambda: 0.05)
    for number in range(6):
        client.says.put_nowait(str(number).encode())
    running = asyncio.create_task(session(client, worker).run())
    await heard(client, 3)
    assert [answer["frame"] for answer in client.heard] == [0, 1, 5]
    assert client.heard[-1]["dropped"] == 3
    assert 40 < client.heard[0]["latency_ms"] < client.heard[-1]["latency_ms"]
    running.cancel()


async def test_frames_bear_ids_of_their_own_and_a_deadline() -> None:
    client, worker = Client(), Worker(lambda: 0)
    client.says.put_nowait(b"0")
    client.says.put_nowait(b"1")
    running = asyncio.create_task(session(client, worker).run())
    await heard(client, 2)
    assert [frame.call.request_id for frame in worker.seen] == ["id-0", "id-1"]
    assert FRAME_DEADLINE / 2 < worker.seen[0].call.deadline.remaining() <= FRAME_DEADLINE
    running.cancel()


@pytest.mark.parametrize(("asked", "seconds"), [(30_000, 30), (300_000, FRAME_DEADLINE)])
async def test_a_client_can_shorten_the_deadline(asked: int, seconds: float) -> None:
    client, worker = Client(), Worker(lambda: 0)
    client.says.put_nowait(b"0")
    running = asyncio.create_task(session(client, worker, f"task=detect&deadline_ms={asked}").run())
    await heard(client, 1)
    assert seconds / 2 < worker.seen[0].call.deadline.remaining() <= seconds
    running.cancel()


async def test_settings_count_for_the_frames_after_them() -> None:
    client, worker = Client(), Worker(lambda: 0)
    for message in (b"0", '{"confidence": 0.5}', b"1", '{"model": "none"}', '{"confidence": 7}', b"2"):
        client.says.put_nowait(message)
    running = asyncio.create_task(session(client, worker).run())
    await heard(client, 6)
    assert [frame.wanted.document()["confidence"] for frame in worker.seen] == [None, 0.5, 0.5]
    kinds = [answer["error"]["type"] for answer in client.heard if "error" in answer]
    assert kinds == ["/problems/unknown-model", "/problems/bad-parameter"]
    assert [answer["settings"]["confidence"] for answer in client.heard if "settings" in answer] == [0.5]
    running.cancel()


async def test_a_picture_follows_its_answer() -> None:
    client, worker = Client(), Worker(lambda: 0)
    client.says.put_nowait(b"0")
    running = asyncio.create_task(session(client, worker, "task=detect&annotate=1").run())
    await until(lambda: bool(client.pictures))
    assert ([answer["result"] for answer in client.heard], client.pictures) == (["0"], [b"picture"])
    running.cancel()


async def test_what_is_under_way_is_cancelled_when_the_client_leaves() -> None:
    client, worker = Client(), Worker(lambda: 60)
    for message in (b"0", b"1", b"2", LEAVES):
        client.says.put_nowait(message)
    served = session(client, worker)
    assert await served.run() is LEAVES
    assert (worker.cancelled, worker.running, served.received, served.dropped) == (2, 0, 3, 0)


async def test_silence_ends_it_whatever_is_said() -> None:
    client = Client()

    async def talk() -> None:
        while True:
            client.says.put_nowait('{"confidence": 0.5}')
            await asyncio.sleep(0.01)

    talking = asyncio.create_task(talk())
    ended = await asyncio.wait_for(session(client, Worker(lambda: 0), idle=0.1).run(), PATIENCE)
    assert (ended.code, ended.ours) == (IDLE, True)
    talking.cancel()


async def test_frames_keep_it_alive() -> None:
    client = Client()
    running = asyncio.create_task(session(client, Worker(lambda: 0), idle=1).run())
    for _ in range(12):
        client.says.put_nowait(b"0")
        await asyncio.sleep(0.1)
    assert not running.done()
    running.cancel()


async def test_a_client_that_does_not_read_makes_frames_drop_and_is_left() -> None:
    client, worker = Client(reads=lambda: asyncio.sleep(60)), Worker(lambda: 0)
    for number in range(100):
        client.says.put_nowait(str(number).encode())
    served = session(client, worker, send=0.1)
    ended = await asyncio.wait_for(served.run(), PATIENCE)
    assert (ended.code, ended.ours) == (NOT_READ, True)
    assert (len(worker.seen), served.received, served.dropped) == (2, 100, 97)


async def test_a_client_that_does_not_read_answers_about_settings_is_left() -> None:
    client = Client(reads=lambda: asyncio.sleep(60))
    client.says.put_nowait("{}")
    ended = await asyncio.wait_for(session(client, Worker(lambda: 0), send=0.1).run(), PATIENCE)
    assert ended.code == NOT_READ


async def test_an_unexpected_error_is_not_swallowed() -> None:
    class Broken(Worker):
        async def answer(self, frame: Frame) -> Reply:
            raise LookupError(frame.number)

    client = Client()
    client.says.put_nowait(b"0")
    with pytest.raises(ExceptionGroup):
        await session(client, Broken(lambda: 0)).run()


async def test_cancelling_from_outside_stays_a_cancellation() -> None:
    running = asyncio.create_task(session(Client(), Worker(lambda: 0)).run())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
