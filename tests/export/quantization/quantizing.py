"""Programs that quantize run in the environment that has what they need."""

import subprocess

from tests.repositories import EXPORT_PYTHON, ROOT


def quantizing(program: str) -> str:
    """Run a program and return what it prints."""
    done = subprocess.run([EXPORT_PYTHON, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
