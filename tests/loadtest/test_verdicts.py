"""What counts as good, as an error and as a shed, and what the exit code says of it."""

from __future__ import annotations

import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.loadtest.runs import ENVIRONMENT, command, run
from tests.loadtest.servers import GOOD, Answer, serving
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from pathlib import Path

SHORT = ["--users=2", "--duration=1s"]
# Long enough for some requests that the server chooses.
LONGER = ["--users=2", "--duration=2s"]
OVERLOADED = (503, {"type": "/problems/queue-full", "status": 503})


def every_third(bad: Answer) -> Any:
    # Not the first one: the command looks whether the target answers before it begins.
    return lambda number: bad if number % 3 == 2 else GOOD


@pytest.mark.parametrize(
    ("limit", "code"),
    [("--p99=60000", 0), ("--p99=5", 1), ("--errors=0", 0), ("--rps=0.1", 0), ("--rps=1000", 1), ("--sheds=0", 0)],
)
def test_the_exit_code_says_whether_limits_were_kept(limit: str, code: int, tmp_path: Path) -> None:
    with serving(seconds=0.02) as url:
        found, summary = run(tmp_path, f"--target={url}", *SHORT, limit)
    assert found == code
    assert [verdict["kept"] for verdict in summary["limits"]] == [True, code == 0]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ((200, b"<html>"), "error: the answer is no JSON"),
        ((200, {"objects": []}), "error: the answer has no list detections"),
        ((200, {"detections": [{"label": "dog"}]}), "error: an item of detections is not complete"),
        ((500, {"type": "/problems/internal-error", "status": 500}), "error: 500 internal-error"),
        ((504, b""), "error: 504"),
    ],
)
def test_a_wrong_answer_is_an_error(bad: Answer, message: str, tmp_path: Path) -> None:
    with serving(every_third(bad), seconds=0.02) as url:
        code, summary = run(tmp_path, f"--target={url}", *LONGER, "--errors=10", "--sheds=0")
    assert summary["messages"].keys() == {message}
    assert summary["total"]["errors"] > 0
    assert summary["total"]["sheds"] == 0
    assert code == 1


@pytest.mark.parametrize("status", [503, 429])
def test_a_shed_is_no_error(status: int, tmp_path: Path) -> None:
    with serving(every_third((status, {"type": "/problems/too-many"})), seconds=0.02) as url:
        code, summary = run(tmp_path, f"--target={url}", *LONGER, "--errors=0", "--sheds=10")
    assert summary["messages"].keys() == {f"shed: {status} too-many"}
    assert summary["total"]["errors"] == 0
    assert summary["total"]["shed_p99"] > 0
    assert [verdict["kept"] for verdict in summary["limits"]] == [True, True, False]
    assert code == 1


def test_no_good_answer_at_all_is_never_a_success(tmp_path: Path) -> None:
    with serving(lambda _: OVERLOADED) as url:
        code, summary = run(tmp_path, f"--target={url}", *SHORT)
    assert summary["total"]["good"] == 0
    assert code == 1


def test_a_target_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    done = command("run", "--target=http://127.0.0.1:9", "--output", tmp_path, "--duration=1h")
    assert done.returncode == 2
    assert done.stderr.startswith("loadtest: detect does not answer")
    assert "Traceback" not in done.stderr


def test_a_folder_without_pictures_is_told(tmp_path: Path) -> None:
    done = command("run", "--images", tmp_path, "--output", tmp_path / "report")
    assert done.returncode == 2
    assert "no pictures" in done.stderr


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--duration=2s", "--warmup=2s"], "nothing left"),
        (["--shape=open", "--rate=0"], "--rate must be above 0"),
        (["--target=nowhere"], "detect does not answer"),
        (["--images=/does/not/exist"], "No such file"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused(options: list[str], hint: str, tmp_path: Path) -> None:
    done = command("run", "--output", tmp_path, *options)
    assert done.returncode == 2
    assert hint in done.stderr
    assert "Traceback" not in done.stderr


def test_a_spike_shows_in_the_timeline_and_is_over_after_it(tmp_path: Path) -> None:
    # One seat: who is twentieth in the queue waits twenty times as long.
    with serving(seconds=0.05) as url:
        _, summary = run(tmp_path, f"--target={url}", "--shape=spike", "--users=1", "--peak=20", "--duration=5s")
    waited = [window["p50"] for window in summary["timeline"]]
    assert len(waited) >= 5
    # The spike is the third fifth; the queue that it leaves may last into the fourth.
    highest = max(filter(None, waited[2:-1]))
    assert highest > 2.5 * min(filter(None, waited[:2]))
    assert highest > 2.5 * min(filter(None, waited[-2:]))


def test_the_api_key_is_sent_and_not_written_down(tmp_path: Path) -> None:
    with serving(key="tv_secret") as url:
        code, summary = run(tmp_path, f"--target={url}", *SHORT, "--errors=0", LOADTEST_API_KEY="tv_secret")
        without = command("run", f"--target={url}", "--output", tmp_path / "without")
    assert code == 0
    assert summary["arguments"]["target"]["api_key"] == "given"
    assert not [file for file in tmp_path.iterdir() if file.is_file() and "tv_secret" in file.read_text()]
    assert without.returncode == 2
    assert "401 unauthenticated" in without.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_interrupted_still_reports(number: signal.Signals, tmp_path: Path) -> None:
    asked: list[int] = []

    def answer(one: int) -> Answer:
        asked.append(one)
        return GOOD

    with serving(answer, seconds=0.01) as url:
        options = ["--target", url, "--output", str(tmp_path), "--duration=1h", "--users=8"]
        with subprocess.Popen([ENVIRONMENT / "python", "-m", "loadtest", "run", *options], cwd=ROOT) as process:
            try:
                wait_until(lambda: len(asked) > 50, seconds=STARTING)
                process.send_signal(number)
                assert process.wait(STARTING) == 130
            finally:
                process.kill()
    assert '"interrupted": true' in (tmp_path / "summary.json").read_text()
    assert (tmp_path / "report.html").exists()
