"""Which weights are used, what is said of them, and what happens on the way to them."""

import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from export.catalog import RESNET50, YOLOV8N, ModelSpec, Release
from export.console import Console
from export.errors import ChecksumError, WeightsUnavailableError
from export.weights import resolve

CONTENT = b"weights" * 100_000


class Handler(BaseHTTPRequestHandler):
    """Answers /whole, /broken (stops in the middle) and nothing else."""

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path not in {"/whole", "/broken"}:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if path == "/whole" else CONTENT[:1000])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server_:
        thread = threading.Thread(target=server_.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server_.server_port}"
        server_.shutdown()
        thread.join()


def published(url: str, content: bytes = CONTENT) -> ModelSpec:
    return replace(YOLOV8N, release=Release(url, hashlib.sha256(content).hexdigest(), "MIT"))


@pytest.fixture
def silent() -> Console:
    return Console(io.StringIO())


def test_a_local_file_is_used_without_network(tmp_path: Path, silent: Console) -> None:
    (tmp_path / "yolov8n.pt").write_bytes(b"mine")
    weights = resolve(published("http://127.0.0.1:9/"), tmp_path, silent)
    assert (weights.provenance, weights.license) == ("custom", "unknown")
    assert weights.describe()["file"] == "yolov8n.pt"
    assert weights.sha256 == hashlib.sha256(b"mine").hexdigest()


def test_a_local_copy_of_the_release_is_official(tmp_path: Path, silent: Console) -> None:
    (tmp_path / "yolov8n.pt").write_bytes(CONTENT)
    weights = resolve(published("http://127.0.0.1:9/"), tmp_path, silent)
    assert (weights.provenance, weights.license) == ("official", "MIT")


@pytest.mark.parametrize("name", ["resnet50.pth", "resnet50-11ad3fa6.pth"])
def test_torchvisions_file_may_keep_its_name(tmp_path: Path, silent: Console, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    assert resolve(RESNET50, tmp_path, silent).path == tmp_path / name


def test_a_download_is_checked_and_kept(server: str, tmp_path: Path, silent: Console) -> None:
    weights = resolve(published(f"{server}/whole"), tmp_path / "weights", silent)
    assert weights.provenance == "official"
    assert weights.path == tmp_path / "weights" / "yolov8n.pt"
    assert weights.path.read_bytes() == CONTENT
    assert weights.path.stat().st_mode & 0o044


@pytest.mark.parametrize("allow_untrained", [False, True])
def test_a_download_that_is_another_file_is_refused(
    server: str, tmp_path: Path, silent: Console, *, allow_untrained: bool
) -> None:
    spec = published(f"{server}/whole", b"something else")
    with pytest.raises(ChecksumError, match="nothing was kept"):
        resolve(spec, tmp_path, silent, allow_untrained=allow_untrained)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/broken", "/absent"])
def test_a_download_that_fails_leaves_nothing(server: str, tmp_path: Path, silent: Console, path: str) -> None:
    with pytest.raises(WeightsUnavailableError):
        resolve(published(f"{server}{path}"), tmp_path, silent)
    assert list(tmp_path.iterdir()) == []


def test_without_network_the_error_names_every_way_out(tmp_path: Path, silent: Console) -> None:
    with pytest.raises(WeightsUnavailableError) as caught:
        resolve(published("http://127.0.0.1:9/"), tmp_path, silent)
    message = str(caught.value)
    assert f"put yolov8n.pt into {tmp_path}" in message
    assert "http://127.0.0.1:9/" in message
    assert "--allow-untrained" in message
    assert "\n" not in message


def test_untrained_only_when_asked_and_loudly(tmp_path: Path) -> None:
    out = io.StringIO()
    weights = resolve(published("http://127.0.0.1:9/"), tmp_path, Console(out), allow_untrained=True)
    assert (weights.provenance, weights.path, weights.sha256) == ("untrained", None, "")
    assert "UNTRAINED" in out.getvalue()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_only(server: str, tmp_path: Path) -> None:
    terminal, log = Terminal(), io.StringIO()
    resolve(published(f"{server}/whole"), tmp_path / "a", Console(terminal))
    resolve(published(f"{server}/whole"), tmp_path / "b", Console(log))
    assert "of 0.7 MB (100 %)" in terminal.getvalue()
    assert "\r" not in log.getvalue()
