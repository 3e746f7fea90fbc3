"""Whoever looks at an engine folder, at any moment, sees one complete version of it."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from export import publish
from export.console import Console
from export.publish import locked, staging
from tests.embedded.servers import EmbeddedProcess
from tests.embedded.tiny import write_engine
from tests.waiting import wait_until

SWAP_FOREVER = """
import itertools, pathlib, sys
from export.console import Console
from export.publish import locked, staging
target = pathlib.Path(sys.argv[1])
with locked(target.parent, Console()):
    print("begins", flush=True)
    for count in itertools.count():
        with staging(target) as folder:
            for name in "abcdefgh":
                (folder / name).write_text(str(count))
"""


def engine(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def put(target: Path, text: str) -> None:
    with staging(target) as folder:
        (folder / "a").write_text(text)


def test_the_first_engine_appears(tmp_path: Path) -> None:
    put(tmp_path / "engine", "new")
    assert engine(tmp_path / "engine") == {"a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


def test_a_new_engine_replaces_the_old_one_with_all_its_files(tmp_path: Path) -> None:
    put(tmp_path / "engine", "old")
    (tmp_path / "engine" / "stale").touch()
    put(tmp_path / "engine", "new")
    assert engine(tmp_path / "engine") == {"a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


def test_an_exception_leaves_the_old_engine(tmp_path: Path) -> None:
    put(tmp_path / "engine", "old")
    with pytest.raises(IsADirectoryError), staging(tmp_path / "engine") as folder:
        folder.read_text()
    assert engine(tmp_path / "engine") == {"a": "old"}
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


def test_kill_at_any_moment_leaves_one_complete_version(tmp_path: Path) -> None:
    target = tmp_path / "engine"
    put(target, "first")
    for attempt in range(15):
        with subprocess.Popen([sys.executable, "-c", SWAP_FOREVER, str(target)], stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"begins\n"
            time.sleep(attempt * 0.0137)  # not a multiple of anything the loop does
            process.kill()
        assert len(set(engine(target).values())) == 1
        assert len(engine(target)) in {1, 8}
    assert len(engine(target)) == 8, "no attempt got as far as to publish"


def test_a_file_system_without_exchange_still_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "exchange", lambda *_: False)
    put(tmp_path / "engine", "old")
    put(tmp_path / "engine", "new")
    assert engine(tmp_path / "engine") == {"a": "new"}
    assert [path.name for path in tmp_path.iterdir()] == ["engine"]


@pytest.mark.parametrize("place", [".", "neighbour"])
def test_the_next_run_recovers_from_a_crash(tmp_path: Path, place: str) -> None:
    put(tmp_path / "neighbour", "other")
    left = tmp_path / place
    (left / ".staging-engine-1").mkdir()
    (left / ".retired-engine").mkdir()  # renamed away, and the new one had not been put in its place
    (left / ".retired-engine" / "a").write_text("old")
    with locked(tmp_path, Console()):
        pass
    assert engine(tmp_path / "engine") == {"a": "old"}
    assert engine(tmp_path / "neighbour") == {"a": "other"}
    assert {path.name for path in tmp_path.iterdir()} == {"engine", "neighbour"}


def test_a_triton_that_starts_takes_an_unfinished_engine_for_no_model(tmp_path: Path) -> None:
    repository = tmp_path / "models"
    for name in ("tiny", "other"):
        write_engine(repository, name, "openvino")
    with staging(repository / "tiny") as folder:
        shutil.copy(repository / "tiny/config.pbtxt", folder)  # and no model yet
        server = EmbeddedProcess(repository)
        try:
            server.wait_until_ready()
        finally:
            server.stop()
    (log,) = tmp_path.glob("output-*.log")
    assert "Poll failed" not in log.read_text()  # where all models have to load, it would end
    assert sorted(path.name for path in repository.iterdir()) == ["other", "tiny"]


def test_a_second_export_waits_for_the_first(tmp_path: Path) -> None:
    with locked(tmp_path, Console()):
        put(tmp_path / "engine", "first")
        second = subprocess.Popen(
            [sys.executable, "-c", SWAP_FOREVER, str(tmp_path / "engine")], stdout=subprocess.PIPE, text=True
        )
        assert second.stdout
        assert "waiting" in second.stdout.readline()
        assert engine(tmp_path / "engine") == {"a": "first"}
    wait_until(lambda: len(engine(tmp_path / "engine")) == 8)
    second.kill()
    second.communicate()
