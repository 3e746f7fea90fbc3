from pathlib import Path

import pytest

from export.tuning.precision import cpu_flags, families

INT8, BF16 = ["int8", "int8-entropy"], ["bf16", "bf16-mixed"]


@pytest.mark.parametrize(
    ("flags", "able"),
    [
        ({"avx2"}, []),
        ({"avx2", "avx_vnni"}, [INT8]),
        ({"avx512f", "avx512_vnni"}, [INT8]),
        ({"avx512_vnni", "avx512_bf16"}, [INT8, BF16]),
        ({"amx_bf16"}, [BF16]),
    ],
)
def test_a_lower_precision_needs_the_processor_for_it(flags: set[str], able: list[list[str]]) -> None:
    assert families(frozenset(flags)) == able


def test_flags_are_those_of_the_first_processor(tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nflags\t\t: fpu amx_bf16\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    assert cpu_flags(file) == {"fpu", "amx_bf16"}
    assert cpu_flags(tmp_path / "absent") == frozenset()
