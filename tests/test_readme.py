"""What the README shows is what there is: its examples are the files in examples/, and they run."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.model_repository.pictures import encode, scene
from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from stack.settings import Settings

README = (ROOT / "README.md").read_text()
EXAMPLES = [ROOT / "examples" / name for name in ("grpc_client.py", "http_client.sh")]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_shown_as_they_are(example: Path) -> None:
    blocks = re.findall(r"```(?:python|bash)\n(.*?)```", README, re.DOTALL)
    assert any(block in example.read_text() for block in blocks)
    assert f"({example.relative_to(ROOT)})" in README


def run(example: Path, stack: Settings, folder: Path, *command: str) -> str:
    """Run an example as it stands, but for the ports of the test's own Triton."""
    program = folder / example.name
    text = example.read_text().replace("127.0.0.1:8001", stack.triton_grpc).replace("127.0.0.1:8000", stack.triton_http)
    program.write_text(text)
    picture = folder / "photo.jpg"
    picture.write_bytes(encode(scene(240, 320), "JPEG"))
    result = subprocess.run([*command, program, picture], capture_output=True, check=True, timeout=60)
    return result.stdout.decode(errors="replace")


def test_the_grpc_example_runs(stack: Settings, tmp_path: Path) -> None:
    # Untrained networks are sure of nothing: the answer is empty, but it is one.
    assert run(ROOT / "examples/grpc_client.py", stack, tmp_path, sys.executable) == ""


def test_the_http_example_runs(stack: Settings, tmp_path: Path) -> None:
    output = run(ROOT / "examples/http_client.sh", stack, tmp_path, "bash")
    assert '"model_name":"classify"' in output
    assert '"name":"labels"' in output


@pytest.mark.parametrize("verb", ["up", "test", "export", "verify", "lint", "setup", "help", "lock"])
def test_verbs_of_the_documents_exist(verb: str) -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.search(rf"^  {verb} ", listed, re.MULTILINE)


def test_links_lead_somewhere() -> None:
    for document in (ROOT / "README.md", *ROOT.glob("docs/*.md"), ROOT / "CONTRIBUTING.md"):
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name} links to {link}"
