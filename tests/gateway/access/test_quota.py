import asyncio
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from gateway.access import counting_in_redis, quota
from gateway.access.counting import InProcess
from gateway.access.principal import Principal
from gateway.access.quota import Quota
from gateway.app import create_app
from gateway.settings import Settings
from tests.conftest import free_ports
from tests.gateway import gateways
from tests.gateway.access.keyfiles import add_key
from tests.gateway.jobs.conftest import unhurried
from tests.redis import RedisServer, running
from tests.waiting import PATIENCE, STARTING, wait_until

pytestmark = pytest.mark.anyio
ROOT = Path(__file__).parents[3]


def limited(settings: Settings, **update: object) -> Settings:
    return settings.model_copy(update={"quota_per_minute": 3, **update})


@pytest.mark.usefixtures("minute")
async def test_what_is_left_is_told_and_then_refused(gateway_settings: Settings) -> None:
    async with gateways.calling(create_app(limited(gateway_settings))) as gateway:
        answers = [await gateway.get("/v1/models") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["ratelimit"] for answer in answers] == [
        f'"minute";r={left};t=50' for left in (2, 1, 0, 0, 0)
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"minute";q=3;w=60'}
    assert (answers[3].json()["type"], answers[3].headers["retry-after"]) == ("/problems/quota-exceeded", "50")


async def test_the_next_minute_begins_anew(
    gateway_settings: Settings, minute: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with gateways.calling(create_app(limited(gateway_settings))) as gateway:
        for _ in range(4):
            answer = await gateway.get("/v1/models")
        assert answer.status_code == 429
        monkeypatch.setattr(quota, "time", SimpleNamespace(time=lambda: minute + int(answer.headers["retry-after"])))
        assert (await gateway.get("/v1/models")).status_code == 200


@pytest.mark.usefixtures("minute")
async def test_probes_are_neither_counted_nor_refused(gateway_settings: Settings) -> None:
    async with gateways.calling(create_app(limited(gateway_settings, quota_per_minute=1))) as gateway:
        answers = [await gateway.get(path) for path in ("/healthz", "/readyz", "/healthz", "/v1/models", "/readyz")]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


async def test_without_a_limit_nothing_is_told(gateway: httpx.AsyncClient) -> None:
    assert "ratelimit" not in (await gateway.get("/v1/models")).headers


@pytest.mark.usefixtures("minute")
async def test_each_has_their_own(
    gateway_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.toml"
    quotas = {"one": ("--quota", "1"), "default": (), "free": ("--quota", "0")}
    keys = {name: add_key(path, capsys, name, "--scope", "infer", *options) for name, options in quotas.items()}
    twin = add_key(path, capsys, "one", "--scope", "infer", "--quota", "1")
    async with gateways.calling(create_app(limited(gateway_settings, api_keys_file=path))) as gateway:

        async def passed(key: str) -> int:
            answers = [await gateway.get("/v1/models", headers={"x-api-key": key}) for _ in range(5)]
            return [answer.status_code for answer in answers].count(200)

        assert [await passed(key) for key in (*keys.values(), twin)] == [1, 3, 5, 0]


@pytest.mark.usefixtures("minute")
async def test_addresses_are_clients_and_a_network_is_one() -> None:
    counted = Quota(2, InProcess())

    async def used(address: str) -> int:
        account = await counted.count(None, address)
        assert account
        return account.used

    addresses = (
        "10.0.0.1",
        "10.0.0.2",
        "10.0.0.1",
        "2001:db8::1",
        "2001:db8::ffff:2",
        "2001:db8:0:1::1",
        "fe80::1%eth0",
    )
    assert [await used(address) for address in addresses] == [1, 1, 2, 1, 2, 1, 1]


@contextmanager
def processes(count: int, **environment: str) -> Iterator[list[str]]:
    """Run gateways as they are started, each a process of its own; Triton is not needed for a quota."""
    with ExitStack() as stack:
        urls = []
        for _ in range(count):
            port = str(free_ports(1)[0])
            env = {**os.environ, "GATEWAY_TRITON_URL": "127.0.0.1:1", "GATEWAY_PORT": port, **environment}
            command = [sys.executable, "-m", "gateway"]
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
            urls.append(f"http://127.0.0.1:{port}")
        wait_until(lambda: all(answers(url) for url in urls), lambda: f"not all of {urls} answer", STARTING)
        yield urls


def answers(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz")
    except httpx.TransportError:
        return False
    return True


async def calls(urls: list[str], count: int) -> list[str]:
    """Return what became of each call, without the seconds that are left of the minute."""
    async with httpx.AsyncClient(timeout=PATIENCE) as client:

        async def one(number: int) -> str:
            answer = await client.get(f"{urls[number % len(urls)]}/problems/unknown-path")
            return f"{answer.status_code} {answer.headers['ratelimit'].rpartition('=')[0]}"

        return list(await asyncio.gather(*(one(number) for number in range(count))))


async def test_several_processes_share_one_quota_in_redis(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        # A process that Redis does not answer in time counts for itself.
        limits = {"GATEWAY_REDIS_URL": unhurried(server.url), "GATEWAY_QUOTA_PER_MINUTE": "20"}
        with processes(3, **limits) as urls, server.client() as client:
            minute = None
            while minute != time.time() // 60:  # else one has ended among the calls
                minute = time.time() // 60
                client.flushall()
                said = Counter(await calls(urls, 60))
    passed = [what for what in said if what.startswith("200")]
    # Each number of requests left was given out once: nothing was counted twice or not at all.
    assert sorted(said[what] for what in passed) == [1] * 20
    assert said['429 "minute";r=0;t'] == 40


@pytest.mark.parametrize(("trusted", "expected"), [("127.0.0.1", {200}), ("10.0.0.0/8", {200, 429})])
async def test_a_forwarded_address_counts_only_from_a_trusted_proxy(trusted: str, expected: set[int]) -> None:
    with processes(1, GATEWAY_QUOTA_PER_MINUTE="1", GATEWAY_TRUSTED_PROXIES=trusted) as (url,):
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE) as client:
            clients = [{"x-forwarded-for": f"192.0.2.{last}"} for last in range(3)]
            answers = [await client.get("/problems/unknown-path", headers=headers) for headers in clients]
    assert {answer.status_code for answer in answers} == expected


class Clock:
    """Stands in for `time` and still."""

    def __init__(self) -> None:
        self.now = 1.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(counting_in_redis, "time", made)
    return made


@pytest.mark.usefixtures("minute")
async def test_requests_pass_when_redis_is_away_and_are_counted_here(
    caplog: pytest.LogCaptureFixture, clock: Clock, tmp_path: Path
) -> None:
    server = RedisServer(free_ports(1)[0], tmp_path)
    counts = counting_in_redis.InRedis(unhurried(server.url))
    counted, ada = Quota(3, counts), Principal("jwt:ada", frozenset())

    async def used() -> int:
        account = await counted.count(ada, "")
        assert account
        return account.used

    try:
        assert [await used() for _ in range(3)] == [1, 2, 3]
        assert counts.failures == 1  # the others did not wait for it
        server.start()
        clock.now += counting_in_redis.AWAY_SECONDS
        assert [await used() for _ in range(2)] == [1, 2]
        with server.client() as client:
            (name,) = client.keys("gateway:quota:*")
            assert 60 < client.ttl(name) <= 120
        server.kill()
        assert await used() == 4
    finally:
        server.kill()
        await counts.close()
    assert caplog.text.count("until Redis is back") == 2
    assert caplog.text.count("in Redis again") == 1


async def test_a_redis_that_hangs_delays_one_request_a_little(clock: Clock) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side has given up
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        counts = counting_in_redis.InRedis(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
        counted = Quota(3, counts)
        async with asyncio.timeout(PATIENCE):
            for round_ in range(1, 6):  # so that waiting adds up to more than a machine may stall
                for _ in range(20):
                    assert await counted.count(None, "10.0.0.1")
                assert counts.failures == round_
                clock.now += counting_in_redis.AWAY_SECONDS
        await counts.close()


class Between:
    """Stands between the gateway and Redis, and can keep what Redis answers to those who are connected."""

    def __init__(self, redis: RedisServer) -> None:
        self._redis = redis
        self._answering: list[asyncio.Task[None]] = []
        self.connections = 0

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        answers, questions = await asyncio.open_connection("127.0.0.1", self._redis.port)
        self._answering.append(asyncio.create_task(passed_on(answers, writer)))
        await passed_on(reader, questions)
        writer.close()

    def withhold(self) -> None:
        for task in self._answering:
            task.cancel()


async def passed_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(1024):
        target.write(data)
        await target.drain()
    target.close()


@pytest.mark.usefixtures("minute")
async def test_a_redis_that_answers_late_has_counted_a_request_once(tmp_path: Path) -> None:
    with running(tmp_path) as redis:
        between = Between(redis)
        async with await asyncio.start_server(between.relay, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            counts = counting_in_redis.InRedis(f"redis://127.0.0.1:{port}/0?socket_timeout=3&socket_connect_timeout=90")
            counted = Quota(9, counts)
            assert await counted.count(None, "10.0.0.1")
            between.withhold()
            assert await counted.count(None, "10.0.0.1")
            assert (counts.failures, between.connections) == (1, 1)
            await counts.close()
        with redis.client() as client:
            assert client.mget(client.keys("gateway:quota:*")) == [b"2"]
