"""`docker-compose.yml` with variables filled in and profiles chosen, by podman-compose, which needs no Docker."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.repositories import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPOSE_FILE = ROOT / "docker-compose.yml"
SECRETS = {
    "REDIS_PASSWORD": "0123456789abcdef",
    "GRAFANA_PASSWORD": "fedcba9876543210",
    "GATEWAY_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
    "UI_API_KEY": "tv_0123_4567",
}
# All that rendering asks of podman.
PODMAN = '#!/bin/sh\necho "podman version 5.4.0"\n'


def example() -> dict[str, str]:
    """Return the variables of .env.example, those that are commented out too."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assignments = (line.removeprefix("#").partition("=") for line in lines if not line.startswith("# ") and "=" in line)
    return {name: value for name, _, value in assignments if name.isupper()}


def given() -> dict[str, str]:
    """Return the variables that .env.example sets."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines if line[:1].isupper())}


def render(folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    podman, file = folder / "podman", folder / "env"
    podman.write_text(PODMAN)
    podman.chmod(0o755)
    file.write_text("".join(f"{name}={value}\n" for name, value in variables.items()))
    program = Path(sys.prefix) / "bin/podman-compose"
    return subprocess.run(
        [str(program), f"--podman-path={podman}", f"--env-file={file}", f"--file={COMPOSE_FILE}", "config"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def rendered(folder: Path, profiles: str, **variables: str) -> dict[str, Any]:
    result = render(folder, {**given(), **SECRETS, "COMPOSE_PROFILES": profiles, **variables})
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = yaml.safe_load(result.stdout)
    return document
