"""What the numbers were measured on: a ratio travels, a number without its machine does not."""

from __future__ import annotations

import itertools
import os
import platform
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from export.tuning.precision import cpu_flags, families
from loadtest.bench.systems import PRECISIONS

if TYPE_CHECKING:
    from loadtest.bench.systems import Precision

ENVIRONMENTS = Path(".venv")
VERSIONS = {
    "triton": ("nvidia-pytriton", "onnxruntime", "openvino", "numpy", "opencv-python-headless"),
    "gateway": ("fastapi", "uvicorn", "tritonclient"),
    "peers": ("fastapi", "onnxruntime", "openvino", "litserve", "opencv-python-headless"),
    "peers-ultralytics": ("ultralytics", "torch"),
}
ASK = "import sys, importlib.metadata as m; print(*[f'{n} {m.version(n)}' for n in sys.argv[1:]], sep=', ')"
# The flags that decide over the speed of these engines.
FLAGS = ("avx2", "avx512f", "avx_vnni", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
CPUINFO = Path("/proc/cpuinfo")


def describe() -> dict[str, Any]:
    """Return CPU model, instruction sets, cores, memory, kernel, Python, and the versions of what takes part."""
    processor = _fields(CPUINFO)
    flags = cpu_flags(CPUINFO)
    return {
        "cpu": processor.get("model name", platform.processor()),
        "flags": [flag for flag in FLAGS if flag in flags],
        "cores": cores(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": {name: _versions(name, wanted) for name, wanted in VERSIONS.items()},
    }


def cores() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0))


def precisions(cpuinfo: Path = CPUINFO) -> tuple[Precision, ...]:
    """Return FP32 and what else this processor has instructions for: emulated, it is slower than FP32."""
    able = {"f32", *itertools.chain(*families(cpu_flags(cpuinfo)))}
    return tuple(one for one in PRECISIONS if one in able)


def _fields(file: Path) -> dict[str, str]:
    first = file.read_text("utf-8").partition("\n\n")[0]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}


def _versions(environment: str, wanted: tuple[str, ...]) -> str:
    python = ENVIRONMENTS / environment / "bin/python"
    if not python.exists():
        return "not installed"
    done = subprocess.run([python, "-c", ASK, *wanted], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
