"""The command as people run it: in its own environment, as a process."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENT = ROOT / ".venv/loadtest/bin"


def command(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ENVIRONMENT / "python", "-m", "loadtest", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def run(folder: Path, *arguments: str, **variables: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code and the summary of a run."""
    done = command("run", "--output", folder, "--pictures", "3", "--timeout", "20", *arguments, **variables)
    summary = folder / "summary.json"
    assert summary.exists(), done.stdout + done.stderr
    return done.returncode, json.loads(summary.read_text())
