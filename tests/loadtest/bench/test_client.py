"""The client against the echo server, in processes of their own as in a run."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.bench.client.http import form
from loadtest.bench.servers import program
from loadtest.bench.serving import Load, answers, measure
from loadtest.bench.systems import Endpoint, Running

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
        sample = measure(endpoint(transport), running, pictures, Load(clients=8, seconds=0.5, ramp=0.1))
    assert set(sample.statuses) == {200}
    assert len(sample.latencies) == sample.statuses[200] > 50
    assert 0.4 < sample.seconds < 2
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


def test_refusals_are_counted_and_paced(pictures: list[str]) -> None:
    async def refuse(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await _reader.read(1 << 20):
            writer.write(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\ncontent-length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async def run() -> dict[str, Any]:
        server = await asyncio.start_server(refuse, "127.0.0.1", 0)
        address = "{}:{}".format(*server.sockets[0].getsockname())
        specification = {
            "transport": "http", "address": address, "target": "/", "pictures": pictures[:1], "clients": 2,
            "ramp": 0.0, "seconds": 0.5,
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "loadtest.bench.client", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        output, _ = await process.communicate(json.dumps(specification).encode() + b"\n")
        server.close()
        await server.wait_closed()
        await asyncio.sleep(0.1)
        return json.loads(output.splitlines()[-1])  # type: ignore[no-any-return]

    outcome = asyncio.run(run())
    assert outcome["latencies"] == []
    assert sum(outcome["statuses"].values()) <= 4


def test_a_server_that_is_gone_is_an_error_and_not_an_endless_wait(pictures: list[str]) -> None:
    gone = Running(roots=(), addresses={"http": "127.0.0.1:9"})
    with pytest.raises(SystemExit, match="answered 0 "):
        answers(endpoint(), gone, pictures)


def test_the_form_is_one_that_servers_read() -> None:
    request = form("127.0.0.1:80", "/predict", b"picture")
    head, _, body = request.partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head
    assert b'name="file"' in body
    assert body.endswith(b"picture\r\n------triton-vision-bench--\r\n")
