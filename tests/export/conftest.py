"""The command is run as its users run it, by the Python of its own environment; that of the tests has no PyTorch."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens: no test ever downloads real weights

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "https_proxy": NOWHERE,
        "http_proxy": NOWHERE,
        "OMP_WAIT_POLICY": "passive",  # threads of PyTorch that wait leave the processor to those of ONNX Runtime
    }


@pytest.fixture(scope="session")
def command() -> list[str]:
    python = ROOT / ".venv/export/bin/python"
    assert python.exists(), "the export environment is missing: requirements/export.txt in .venv/export"
    return [str(python), "-m", "export"]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def run(command: list[str], home: Path) -> Run:
    """Run `python -m export` with the given arguments."""

    def run_(*arguments: object) -> "subprocess.CompletedProcess[str]":
        line, env = [*command, *map(str, arguments)], environment(home)
        return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, check=False)

    return run_


@pytest.fixture(scope="session")
def warm(command: list[str], home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Run Python with the given arguments in a process that has PyTorch imported, see `warm.py`.

    For many commands of which none is about how a process starts: each is some seconds faster.
    """
    folder = tmp_path_factory.mktemp("warm")
    stdout, stderr = folder / "stdout", folder / "stderr"
    line, env = [command[0], str(ROOT / "tests/export/warm.py")], environment(home) | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        line, cwd=ROOT, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as python:  # closes its standard input in the end, upon which it ends
        assert python.stdin
        assert python.stdout

        def run_(*arguments: object) -> "subprocess.CompletedProcess[str]":
            assert python.stdin
            assert python.stdout
            told = [str(each) for each in arguments]
            json.dump({"stdout": str(stdout), "stderr": str(stderr), "arguments": told}, python.stdin)
            python.stdin.write("\n")
            python.stdin.flush()
            answer = python.stdout.readline()
            assert answer, "the warm Python has died"
            return subprocess.CompletedProcess(told, int(answer), stdout.read_text(), stderr.read_text())

        yield run_


@pytest.fixture(scope="session")
def small_weights(warm: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with weights for yolov8n that are exported in a second, see `small_detector.py`."""
    folder = tmp_path_factory.mktemp("small")
    done = warm(ROOT / "tests/export/small_detector.py", folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with every model, untrained; read-only, because all tests share it."""
    folder = tmp_path_factory.mktemp("exported")
    done = run("--repository", folder / "models", "--weights-dir", folder / "weights", "--allow-untrained")
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    return folder / "models"
