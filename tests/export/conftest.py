"""The command is run as its users run it, by the Python of its own environment; that of the tests has no PyTorch."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:9"  # the discard port, where nobody listens: no test ever downloads real weights

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "https_proxy": NOWHERE, "http_proxy": NOWHERE}


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
def exported(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with every model, untrained; read-only, because all tests share it."""
    folder = tmp_path_factory.mktemp("exported")
    done = run("--repository", folder / "models", "--weights-dir", folder / "weights", "--allow-untrained")
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    return folder / "models"
