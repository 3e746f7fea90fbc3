"""The client against the echo server, in processes of their own as in a run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import closing, suppress
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.bench.client.http import form, headers
from loadtest.bench.errors import UnansweredError
from loadtest.bench.servers import program
from loadtest.bench.serving import Load, answers, measure
from loadtest.bench.systems import Endpoint, Running
from tests.waiting import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

PICTURES = ("a", "b", "c")


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    files = [tmp_path / f"{name}.jpg" for name in PICTURES]
    for file in files:
        file.write_bytes(file.name.encode() * 20_000)
    return [str(file) for file in files]


def endpoint(transport: Any = "http") -> Endpoint:
    return Endpoint("echo", "echo", "detect", transport, "/predict")


@pytest.mark.parametrize("transport", ["http", "grpc"])
def test_every_client_is_answered_and_costs_are_read(transport: str, pictures: list[str], tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtest.bench.echo", "PORT", transport]
    with program(command, {}, tmp_path / "log", transport) as running:
        sample = measure(endpoint(transport), running, pictures, Load(clients=8, seconds=1.5, ramp=0.1))
    assert set(sample.statuses) == {200}
    assert len(sample.latencies) == sample.statuses[200] > 8
    assert 1.4 < sample.seconds < PATIENCE
    assert 0 < sample.client_cpu < 2
    assert sample.memory > 1_000_000
    assert sample.cpu_per_picture.keys() == {"loadtest.bench.echo"}


def test_answers_come_in_the_order_of_the_pictures(pictures: list[str], tmp_path: Path) -> None:
    server = tmp_path / "sizes.py"
    server.write_text(
        "import http.server, json, sys\n"
        "class Sizes(http.server.BaseHTTPRequestHandler):\n"
        "    protocol_version = 'HTTP/1.1'\n"
        "    def do_POST(self):\n"
        "        body = self.rfile.read(int(self.headers['content-length']))\n"
        "        answer = json.dumps({'first': chr(body.partition(b'\\r\\n\\r\\n')[2][0])}).encode()\n"
        "        self.send_response(200)\n"
        "        self.send_header('content-length', str(len(answer)))\n"
        "        self.end_headers()\n"
        "        self.wfile.write(answer)\n"
        "http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Sizes).serve_forever()\n"
    )
    with program([sys.executable, str(server), "PORT"], {}, tmp_path / "log") as running:
        found = answers(endpoint(), running, pictures)
    assert [answer["first"] for answer in found] == list(PICTURES)


def outcome_with(statuses: list[int], pictures: list[str], seconds: float) -> dict[str, Any]:
    """Two clients ask a server that answers each of them with these statuses in turn, the last one for ever."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError), closing(writer):
            for status in chain(statuses, repeat(statuses[-1])):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(headers(head)[b"content-length"]))
                await asyncio.sleep(0.01)
                writer.write(f"HTTP/1.1 {status} Said\r\nRetry-After: 0.3\r\ncontent-length: 0\r\n\r\n".encode())

    async def run() -> dict[str, Any]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        address = "{}:{}".format(*server.sockets[0].getsockname())
        specification = {
            "transport": "http", "address": address, "target": "/", "pictures": pictures[:1], "clients": 2,
            "ramp": 0.0, "seconds": seconds,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadtest.bench.client", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        output, _ = await process.communicate(json.dumps(specification).encode() + b"\n")
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.1)
        return json.loads(output.splitlines()[-1])  # type: ignore[no-any-return]

    return asyncio.run(run())


def test_refusals_are_counted_and_paced(pictures: list[str]) -> None:
    outcome = outcome_with([200, 503], pictures, seconds=1.5)
    # Two clients, each three times a second at most.
    assert 2 < outcome["statuses"]["503"] <= 2 * (outcome["seconds"] / 0.3 + 1)


def test_refusals_before_a_client_is_served_for_the_first_time_are_not_counted(pictures: list[str]) -> None:
    assert "503" not in outcome_with([503, 503, 200], pictures, seconds=0.2)["statuses"]


def test_a_server_that_is_gone_is_an_error_and_not_an_endless_wait(pictures: list[str]) -> None:
    gone = Running(roots=(), addresses={"http": "127.0.0.1:9"})
    with pytest.raises(UnansweredError, match="answered 0 "):
        answers(endpoint(), gone, pictures)


def test_the_form_is_one_that_servers_read() -> None:
    request = form("127.0.0.1:80", "/predict", b"picture")
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert b'name="file"' in body
    assert body.endswith(b"picture\r\n------triton-vision-bench--\r\n")
