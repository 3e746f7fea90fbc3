"""What `python -m gateway` says when it refuses to start, and when it does not."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import Settings
from tests.conftest import free_ports

ROOT = Path(__file__).parents[2]


def start(**environment: str) -> tuple[int, list[str]]:
    command = [sys.executable, "-m", "gateway"]
    environment = {**os.environ, "TRITON_URL": "127.0.0.1:1", **environment}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "10.0.0.1", "gateway.example", ""])
def test_an_address_that_others_reach_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="GATEWAY_ALLOW_UNAUTHENTICATED=yes"):
        Settings(host=host)


def test_the_refusal_is_one_line() -> None:
    code, lines = start(GATEWAY_HOST="0.0.0.0")
    assert (code, len(lines)) == (1, 1)
    assert lines[0].startswith("gateway: GATEWAY_HOST=0.0.0.0 would serve everybody")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_nothing(host: str) -> None:
    assert Settings(host=host).host == host


def test_access_control_opens_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "keys.toml").touch()
    assert Settings(host="0.0.0.0", api_keys_file=tmp_path / "keys.toml").api_keys_file
    assert Settings(host="0.0.0.0", jwt_jwks="https://a.example/jwks", jwt_issuer="a", jwt_audience="b").jwt_jwks
    monkeypatch.setenv("GATEWAY_ALLOW_UNAUTHENTICATED", "yes")
    assert Settings(host="0.0.0.0").allow_unauthenticated


def test_a_line_for_each_setting_and_nothing_of_what_was_given() -> None:
    code, lines = start(GATEWAY_PORT="hunter2", GATEWAY_JWT_ALGORITHMS="RS256, HS256", TRITON_URL="http://a:8000")
    assert code == 1
    assert sorted(line.split(":")[1].strip() for line in lines) == [
        "GATEWAY_JWT_ALGORITHMS",
        "GATEWAY_PORT",
        "GATEWAY_TRITON_URL",
    ]
    assert "hunter2" not in "".join(lines)


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"jwt_jwks": "http://login.example/jwks", "jwt_issuer": "a", "jwt_audience": "b"}, "https address"),
        ({"jwt_jwks": "missing.json", "jwt_issuer": "a", "jwt_audience": "b"}, "a file that exists"),
        ({"jwt_jwks": "https://login.example/jwks"}, "belong together"),
        ({"jwt_algorithms": "none"}, "jwt_algorithms"),
        ({"jwt_algorithms": ""}, "jwt_algorithms"),
    ],
)
def test_half_a_configuration_is_refused(update: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings(**update)  # type: ignore[arg-type]


def test_keys_on_loopback_may_come_over_http() -> None:
    assert Settings(jwt_jwks="http://127.0.0.1:9/jwks", jwt_issuer="a", jwt_audience="b").jwt_jwks


def test_lists_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_CORS_ORIGINS", "https://a.example, https://b.example ,")
    assert Settings().cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    "broken", [lambda path: path.write_text("[[keys"), lambda path: path.write_text('[[keys]]\nid = "a"'), Path.unlink]
)
def test_keys_that_cannot_be_read_are_one_line(tmp_path: Path, broken: Callable[[Path], object]) -> None:
    path = tmp_path / "keys.toml"
    path.touch()
    broken(path)
    code, lines = start(GATEWAY_API_KEYS_FILE=str(path))
    assert (code, len(lines)) == (1, 1)
    assert str(path) in lines[0]


def test_a_second_port_that_is_taken_is_one_line() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, lines = start(GATEWAY_ADMIN_PORT=str(taken.getsockname()[1]), GATEWAY_PORT=str(free_ports(1)[0]))
    assert (code, len(lines)) == (1, 1)
    assert "GATEWAY_ADMIN_PORT" in lines[0]
