"""GitHub's workflows: valid, with no more rights than they need, and for every image there is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.dockerfiles import DOCKERFILES, stages, targets
from tests.repositories import ROOT

WORKFLOWS = sorted(ROOT.glob(".github/workflows/*.yml"))
BY_NAME = pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
# Whose tags are moved by GitHub, Docker and Amazon themselves; all others are named by commit.
TRUSTED = ("actions/", "docker/", "aws-actions/", "./")


def workflow(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text())
    return loaded


@pytest.mark.parametrize(
    ("schema", "files"),
    [("vendor.github-workflows", WORKFLOWS), ("vendor.dependabot", [ROOT / ".github/dependabot.yml"])],
    ids=["workflows", "dependabot"],
)
def test_the_schema_is_kept(schema: str, files: list[Path]) -> None:
    program = Path(sys.prefix) / "bin/check-jsonschema"
    command = [str(program), f"--builtin-schema={schema}", *map(str, files)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 0, result.stdout


@BY_NAME
def test_rights_are_given_to_jobs_not_to_workflows(file: Path) -> None:
    assert workflow(file.stem)["permissions"] == {"contents": "read"}


@BY_NAME
def test_foreign_actions_are_named_by_commit(file: Path) -> None:
    for used in re.findall(r"uses: (\S+)", file.read_text()):
        assert used.startswith(TRUSTED) or re.search(r"@[0-9a-f]{40}$", used), used


@BY_NAME
def test_what_others_choose_never_becomes_part_of_a_script(file: Path) -> None:
    # Titles and names of branches come from strangers.
    for job in workflow(file.stem)["jobs"].values():
        for step in job.get("steps", []):
            assert not re.search(r"\$\{\{\s*github\.(event|head_ref|ref_name)", step.get("run", ""))


def test_every_image_is_built_started_and_published() -> None:
    jobs = workflow("images")["jobs"]
    matrix = jobs["build"]["strategy"]["matrix"]
    built = {*matrix["image"], *(one["image"] for one in matrix["include"])}
    assert built | {"triton"} == {file.parent.name for file in DOCKERFILES}
    assert set(jobs["publish"]["strategy"]["matrix"]["image"]) == built
    triton = targets(stages((ROOT / "deploy/images/triton/Dockerfile").read_text()))
    assert {one["target"] for one in jobs["triton"]["strategy"]["matrix"]["include"]} == set(triton)
    smoke = (ROOT / "deploy/images/smoke").read_text()
    assert all(re.search(rf"^  {image}\)", smoke, re.MULTILINE) for image in built)


def test_several_architectures_are_built_where_nothing_forbids_it() -> None:
    matrix = workflow("images")["jobs"]["build"]["strategy"]["matrix"]
    assert set(matrix["image"]) == {"gateway", "ui", "loadtest"}
    assert any(runner.endswith("-arm") for runner in matrix["runner"])


def test_the_cloud_is_entered_without_a_stored_key() -> None:
    text = (ROOT / ".github/workflows/release.yml").read_text()
    assert workflow("release")["jobs"]["lambda"]["permissions"]["id-token"] == "write"
    assert "role-to-assume" in text
    assert set(re.findall(r"secrets\.(\w+)", text)) == {"GITHUB_TOKEN"}


def test_the_smoke_script_is_shell() -> None:
    subprocess.run(["bash", "-n", ROOT / "deploy/images/smoke"], check=True)
    unknown = subprocess.run([ROOT / "deploy/images/smoke", "toaster", "x"], capture_output=True, check=False)
    assert unknown.returncode == 2
