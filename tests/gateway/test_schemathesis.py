"""The whole API as its OpenAPI document tells it, with whatever Schemathesis can think of, on a real Triton."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from stack.settings import Settings

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# A deadline of one millisecond is allowed, and missing it is the right answer.
CONFIGURATION = 'checks.not_a_server_error.expected-statuses = ["2xx", "4xx", 504]\n'


def test_no_server_error_and_no_undocumented_status(stack: Settings, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    command: list[str | Path] = [
        ROOT / ".venv/dev/bin/schemathesis",
        f"--config-file={tmp_path / 'schemathesis.toml'}",
        "run",
        f"{stack.gateway_url}/openapi.json",
        f"--checks={CHECKS}",
        "--max-examples=20",
        "--seed=1",
    ]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stdout
    assert "Tested: 13" in result.stdout, "an operation was left out"
