"""What a processor is good at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loadtest.bench.machine import precisions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("flags", "good_at"),
    [
        ("avx2 avx512f", ("f32",)),
        ("avx2 avx512f avx512_vnni", ("f32", "int8")),
        ("avx2 avx_vnni", ("f32", "int8")),
        ("avx512f avx512_bf16", ("f32", "bf16")),
        ("amx_bf16 amx_int8", ("f32", "bf16", "int8")),
    ],
)
def test_precisions_are_those_with_instructions_of_their_own(
    flags: str, good_at: tuple[str, ...], tmp_path: Path
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"model name\t: A CPU\nflags\t\t: fpu {flags}\n\nflags\t\t: avx512_bf16 amx_int8\n")
    assert precisions(cpuinfo) == good_at


def test_a_processor_that_names_no_flags_has_f32(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("Features\t: asimd bf16\n")
    assert precisions(cpuinfo) == ("f32",)
