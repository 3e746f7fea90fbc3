"""Ending processes for certain: children that die with their parent, and sessions of which nothing stays."""

from __future__ import annotations

import ctypes
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> Callable[[], None]:
    """Return what a child has to call so that the kernel ends it when its parent ends, however that happens.

    `parent` is the process id of the parent: between fork and this call it may already have died.
    """
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def kill_session(leader: int) -> None:
    """Kill every process that is left of the session which `leader` opened."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # The fields after the command, which may hold anything: state, parent, group, session.
            session = int((process / "stat").read_text().rpartition(")")[2].split()[3])
            if session == leader:
                os.kill(int(process.name), signal.SIGKILL)
        except (OSError, ValueError):  # gone meanwhile
            continue
