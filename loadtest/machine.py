"""On what a run was made: figures without it are worth little."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

PACKAGES = ("locust", "gevent", "geventhttpclient", "grpcio", "tritonclient", "websocket-client")
CPUINFO = Path("/proc/cpuinfo")


def machine() -> dict[str, str | int | float]:
    """Describe the machine that the load came from. `memory_gb` is what is built in."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 0,
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    return {"python": platform.python_version()} | {package: metadata.version(package) for package in PACKAGES}


def _cpu() -> str:
    lines = CPUINFO.read_text().splitlines() if CPUINFO.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
