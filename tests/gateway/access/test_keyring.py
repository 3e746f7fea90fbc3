import hmac
import os
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.access import keyring
from gateway.access.keyring import Keyring
from gateway.access.principal import Principal, Right
from tests.gateway.access.keyfiles import add_key, new_key


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "keys.toml"
    made.touch()
    return made


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "SECONDS_BETWEEN_LOOKS", 0)


def test_a_new_key_is_found_with_its_scopes_and_quota(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = add_key(path, capsys, "camera", "--scope", "infer", "--scope", "jobs", "--quota", "600")
    assert Keyring(path).find(key) == Principal("key:camera", frozenset({Right.INFER, Right.JOBS}), 600)


def test_neither_the_key_nor_its_secret_is_in_the_file(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = add_key(path, capsys, "camera", "--scope", "infer")
    assert key.startswith("tv_")
    assert key.split("_", 2)[2] not in path.read_text()


def test_what_is_wrong_in_any_place_is_not_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = add_key(path, capsys, "camera", "--scope", "infer")
    other = add_key(path, capsys, "other", "--scope", "infer")
    ring = Keyring(path)
    _, _, secret = key.split("_", 2)
    last = "A" if secret[-1] != "A" else "B"
    mixed = "_".join([*other.split("_", 2)[:2], secret])
    for wrong in (key[:-1] + last, key + "A", key[:-1], mixed, f"tv_unknown_{secret}", "tv_", "tv_ä_ö", key.upper()):
        assert ring.find(wrong) is None


@pytest.mark.parametrize("who", ["camera", "nobody"])
def test_digests_are_compared_in_constant_time_also_for_an_unknown_id(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    key = add_key(path, capsys, "camera", "--scope", "infer")
    compared: list[tuple[Any, Any]] = []
    compare = hmac.compare_digest

    def watched(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    secret = key.split("_", 2)[2]
    Keyring(path).find(key if who == "camera" else f"tv_nobody_{secret}")
    assert [(len(one), other) for one, other in compared] == [(64, keyring.digest(secret))]


def test_the_file_is_read_again_when_it_changes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = add_key(path, capsys, "camera", "--scope", "infer")
    ring = Keyring(path)
    second = add_key(path, capsys, "camera", "--scope", "infer")
    assert ring.find(first) == ring.find(second) != None  # noqa: E711 - a chain
    path.write_text("")
    assert ring.find(first) is None


def test_a_file_that_was_replaced_is_read_again(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = path.with_name("new")
    key = add_key(new, capsys, "camera", "--scope", "infer")
    path.write_text("#" * new.stat().st_size)  # neither size nor time will tell
    ring = Keyring(path)
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.rename(path)
    assert ring.find(key)


def test_a_broken_file_leaves_the_keys_as_they_were(
    path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    key = add_key(path, capsys, "camera", "--scope", "infer")
    ring = Keyring(path)
    path.write_text("[[keys")
    assert ring.find(key)
    assert "stay as they were" in caplog.text
    path.unlink()
    assert ring.find(key)


def test_the_file_is_looked_at_once_a_second(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "SECONDS_BETWEEN_LOOKS", 60)
    ring = Keyring(path)
    key = add_key(path, capsys, "camera", "--scope", "infer")
    assert ring.find(key) is None
    later = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert ring.find(key)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[keys]]\nid = "a"', "keys.0.name"),
        ('[[keys]]\nid="a"\nname="b"\nscopes=["root"]\nsha256="x"', "keys.0.scopes.0"),
        ("[[keys", "keys.toml"),
        ('keys = "no"', "valid list"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_place(path: Path, text: str, said: str) -> None:
    path.write_text(text)
    with pytest.raises(ValueError, match=said) as caught:
        Keyring(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_two_keys_of_one_id_are_refused(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, entry = new_key(capsys, "--name", "camera", "--scope", "infer")
    path.write_text(entry + entry)
    with pytest.raises(ValueError, match="same id"):
        Keyring(path)


def test_names_that_could_forge_something_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a\nb", "", "x" * 65, 'a"b', "jwt:ada"):
        with pytest.raises(SystemExit, match="--name"):
            new_key(capsys, "--name", name, "--scope", "infer")
