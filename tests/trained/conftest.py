"""The stack on trained weights, the labelled images, and the answers of the original frameworks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from stack.supervisor import Stack
from tests.conftest import stack_settings
from tests.repositories import EXPORT_PYTHON, ROOT, trained_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REFERENCE = ROOT / "tests/trained/reference.py"


def folder(variable: str, needed: str) -> Path:
    """Return the folder that an environment variable names; the checks end when it is not there."""
    value = os.environ.get(variable, "")
    if not value or not (Path(value) / needed).exists():
        pytest.exit(f"{variable} must name a folder with {needed}: make verify WEIGHTS_DIR=… EVAL_DIR=…", returncode=2)
    return Path(value).resolve()


@pytest.fixture(scope="session")
def weights() -> Path:
    return folder("WEIGHTS_DIR", "yolov8n.pt")


@pytest.fixture(scope="session")
def evaluation() -> Path:
    return folder("EVAL_DIR", "coco/instances.json")


@pytest.fixture(scope="session")
def coco_images(evaluation: Path) -> list[Path]:
    return sorted((evaluation / "coco/images").glob("*.jpg"))


@pytest.fixture(scope="session")
def gateway(weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Return a client of a gateway in front of trained models."""
    settings = stack_settings(trained_repository(weights), tmp_path_factory.mktemp("trained"))
    with Stack(settings), httpx.Client(base_url=settings.gateway_url, timeout=60) as client:
        yield client


FIGURES = pytest.StashKey[list[str]]()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return where a test tells its figures: they are printed at the end, passed or failed."""
    return request.config.stash.setdefault(FIGURES, []).append


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if figures := config.stash.get(FIGURES, []):
        terminalreporter.section("accuracy")
        for line in figures:
            terminalreporter.line(line)


def post(client: httpx.Client, path: str, file: Path, **parameters: float) -> Any:
    """Send a picture and return the JSON of the answer."""
    response = client.post(path, content=file.read_bytes(), headers={"content-type": "image/jpeg"}, params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


def reference(task: str, weights: Path, number: float, files: list[Path]) -> dict[str, Any]:
    """Ask the original framework, in the export environment."""
    command = [str(part) for part in (EXPORT_PYTHON, REFERENCE, task, weights, number, *files)]
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=900).stdout
    answers: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
    return answers
