"""What a tree of processes costs: CPU time by role and memory, read from /proc through psutil."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable

TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def tree(roots: Iterable[int]) -> list[psutil.Process]:
    """Return the processes and all their descendants, as far as they live."""
    found = []
    for root in roots:
        try:
            process = psutil.Process(root)
            found += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return found


def cpu_by_role(roots: Iterable[int]) -> Counter[str]:
    """Return CPU seconds since start of each role: Triton's Python by its model, others by their program."""
    seconds: Counter[str] = Counter()
    for process in tree(roots):
        try:
            times = process.cpu_times()
            seconds[role(process.cmdline())] += times.user + times.system  # type: ignore[assignment] # a Counter may hold seconds
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return seconds


def role(command: list[str]) -> str:
    """Name a process: `model detect`, `tritonserver`, `gateway`, or the Python module it runs."""
    program = Path(command[0]).name if command else "?"
    if program.startswith("triton_python_backend_stub"):
        return f"model {Path(command[1]).parents[1].name}"
    if program.startswith("python") and "-m" in command:
        return command[command.index("-m") + 1]
    return program


def memory(roots: Iterable[int]) -> int:
    """Return the bytes the tree occupies: proportional set sizes, in which shared pages count once."""
    total = 0
    for process in tree(roots):
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue
    return total


def machine_busy_seconds() -> tuple[float, float]:
    """Return the CPU seconds the whole machine has worked, and those that its host has taken away (steal)."""
    fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    user, nice, system, _idle, _wait, interrupts, soft, steal = fields[:8]
    return (user + nice + system + interrupts + soft) * TICK_SECONDS, steal * TICK_SECONDS
