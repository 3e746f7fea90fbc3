"""A Python that has PyTorch imported and becomes another process for every line; runs in the export environment.

A line is {"stdout": FILE, "stderr": FILE, "arguments": [...]} with the arguments that `python` would be given, and is
answered with the exit code. Every command has a process of its own, forked from one that has imported what an export
imports first, and has computed nothing.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import runpy
import sys
import traceback
from typing import TYPE_CHECKING

from export.sandbox import sandbox

if TYPE_CHECKING:
    from collections.abc import Sequence

SLOW = ("export.classifier", "export.engine")  # not ultralytics, which changes PIL for all that comes after it


def serve() -> None:
    with sandbox():
        for module in SLOW:
            importlib.import_module(module)
    gc.freeze()
    for line in sys.stdin:
        command = json.loads(line)
        child = os.fork()
        if child == 0:
            redirect(os.devnull, command["stdout"], command["stderr"])
            code = become(command["arguments"])
            sys.stdout.flush()
            os._exit(code)  # taking all the modules down would take another second
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


def redirect(stdin: str, stdout: str, stderr: str) -> None:
    """Redirect the file descriptors, so that what libraries in C write is caught, too."""
    os.dup2(os.open(stdin, os.O_RDONLY), 0)
    for descriptor, name in ((1, stdout), (2, stderr)):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)


def become(arguments: Sequence[str]) -> int:
    """Do what `python` does with these arguments, -m MODULE or FILE and those of the program; return the exit code."""
    module = arguments[1] if arguments[0] == "-m" else ""
    sys.argv = list(arguments[1:] if module else arguments)
    try:
        if module:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(arguments[0], run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    except BaseException:  # noqa: BLE001 - whatever it is, Python would print it and end
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    serve()
