"""The precisions that an engine can be served in on a CPU, and what each needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from export.quantization.scheme import Scheme

EXACT: Final = "f32"


@dataclass(frozen=True)
class Precision:
    """Faster than FP32 and less exact, on a processor with one of the `flags` of /proc/cpuinfo.

    Without them it is emulated, and slower or, INT8 without VNNI, wrong. It is asked for by `parameters`; with a
    `scheme` it needs a quantized graph.
    """

    name: str
    flags: frozenset[str]
    parameters: Mapping[str, str] = field(default_factory=dict)
    scheme: Scheme | None = None


BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
INT8_FLAGS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})
# Faster on a Zen 5 by 2.5 to 3.5 % of YOLOv8n's engine and 1 % of ResNet50's; with 512 channels ResNet50 is slower.
JIT_CONVOLUTIONS: Final[Mapping[str, str]] = {"JIT_CONVOLUTIONS": "128"}
# Families, each with its fastest member first: what comes later costs less accuracy. NVIDIA's backend knows HINT_BF16
# only, ours the others, too: how many of the first convolutions stay in FP32, and how many channels those have at most
# that are computed by generated kernels.
FAMILIES: Final[Sequence[Sequence[Precision]]] = (
    (
        Precision("int8", INT8_FLAGS, JIT_CONVOLUTIONS, Scheme(symmetric=False, ranges="largest")),
        Precision(
            "int8-entropy", INT8_FLAGS, JIT_CONVOLUTIONS, Scheme(symmetric=False, ranges="entropy", keep_first=True)
        ),
    ),
    (
        Precision("bf16", BF16_FLAGS, {"HINT_BF16": "YES"}),
        Precision("bf16-mixed", BF16_FLAGS, {"HINT_BF16": "YES", "FP32_CONVOLUTIONS": "2"}),
    ),
)
LOWER: Final[Mapping[str, Precision]] = {each.name: each for family in FAMILIES for each in family}
PARAMETERS: Final = frozenset(name for precision in LOWER.values() for name in precision.parameters)


def families(cpu_flags: frozenset[str]) -> list[list[str]]:
    """List what this processor is good at."""
    able = ([each.name for each in family if each.flags & cpu_flags] for family in FAMILIES)
    return [family for family in able if family]


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """Return what the first processor says it can do; nothing where the system does not tell."""
    try:
        lines: Sequence[str] = cpuinfo.read_text().splitlines()
    except OSError:
        return frozenset()
    return frozenset(next((line.partition(":")[2] for line in lines if line.startswith("flags")), "").split())
