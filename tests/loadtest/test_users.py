"""Every kind of user, on the real stack."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from loadtest.settings import KINDS
from tests.loadtest.runs import ENVIRONMENT, run
from tests.repositories import ROOT
from tests.waiting import STARTING, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from stack.settings import Settings

VIA = {"stream": "stream", "triton-grpc": "triton-grpc", "triton-http": "triton-http"}
NAMES = {"classify": "classify", "job": "job"}


def addresses(stack: Settings) -> list[str]:
    return [f"--target={stack.gateway_url}", f"--triton-grpc={stack.triton_grpc}", f"--triton-http={stack.triton_http}"]


def only(summary: dict[str, Any]) -> dict[str, Any]:
    (request,) = summary["requests"]
    return dict(request)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_user_gets_answers(kind: str, stack: Settings, tmp_path: Path) -> None:
    code, summary = run(tmp_path, *addresses(stack), f"--user={kind}", "--users=2", "--duration=2s", "--errors=0")
    request = only(summary)
    assert (request["name"], request["via"]) == (NAMES.get(kind, "detect"), VIA.get(kind, "gateway"))
    assert request["good"] >= 1
    assert request["p50"] > 0
    assert code == 0


@pytest.mark.parametrize("kind", ["job", "stream", "triton-grpc", "triton-http"])
def test_what_is_asked_for_can_be_chosen(kind: str, stack: Settings, tmp_path: Path) -> None:
    options = ["--task=classify", "--users=1", "--duration=2s", "--errors=0", "--job-wait=events"]
    code, summary = run(tmp_path, *addresses(stack), f"--user={kind}", *options)
    assert only(summary)["name"] == ("job" if kind == "job" else "classify")
    assert only(summary)["good"] >= 1
    assert code == 0


def test_frames_that_a_camera_sends_are_answered_or_counted_as_dropped(stack: Settings, tmp_path: Path) -> None:
    code, summary = run(tmp_path, *addresses(stack), "--user=stream", "--fps=100", "--users=2", "--duration=2s")
    good = summary["total"]["good"]
    assert code == 0
    assert good >= 2
    assert summary["dropped"] > 0
    # Two cameras, 100 frames a second, and what it takes to stop; a late camera leaves frames out.
    assert 100 < good + summary["dropped"] <= 200 * (summary["seconds"] + 1)


def test_kinds_can_be_mixed_and_everything_is_reported(stack: Settings, tmp_path: Path) -> None:
    options = ["--user=detect", "--user=classify", "--users=2", "--duration=4s", "--warmup=2s"]
    _, summary = run(tmp_path, *addresses(stack), *options)
    assert {request["name"] for request in summary["requests"]} == {"detect", "classify"}
    assert 2 <= summary["seconds"] < 3.5, "with what came before, it were four"
    assert summary["machine"]["cores"] > 0
    assert summary["versions"]["locust"]
    assert summary["arguments"]["load"]["users"] == 2
    assert "gateway,detect," in (tmp_path / "requests.csv").read_text()
    assert "<html" in (tmp_path / "report.html").read_text()
    assert (tmp_path / "timeline.csv").read_text().startswith("second,requests,good")


@pytest.mark.parametrize("options", [["-u", "2", "-r", "2"], ["-u", "16", "-r", "16", "--rate", "5"]])
def test_locusts_own_command_works_too(options: list[str], stack: Settings, tmp_path: Path) -> None:
    locust: list[object] = [ENVIRONMENT / "locust", "-f", ROOT / "loadtest/locustfile.py", "DetectUser", "--headless"]
    more: list[object] = ["--host", stack.gateway_url, "--pictures", "3", "--csv", tmp_path / "table", *options]
    table, log = tmp_path / "table_stats.csv", tmp_path / "log"

    def answered() -> bool:
        assert process.poll() is None, log.read_text()
        # Written anew every second.
        return table.exists() and bool(re.search(r"^gateway,detect,([2-9]|\d\d+),", table.read_text(), re.MULTILINE))

    with (
        log.open("wb") as output,
        subprocess.Popen([*map(str, locust), *map(str, more)], cwd=tmp_path, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until(answered, log.read_text, STARTING)
            process.terminate()
            assert process.wait(STARTING) == 0, log.read_text()
        finally:
            process.kill()
    row = table.read_text().splitlines()[1].split(",")
    assert row[:2] == ["gateway", "detect"]
    assert int(row[3]) == 0
