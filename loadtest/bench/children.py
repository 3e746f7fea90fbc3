"""Child processes that are told what to do in JSON and say in lines how far they are."""

from __future__ import annotations

import json
import subprocess
from typing import IO, TYPE_CHECKING, Any, Self

from loadtest.bench.errors import ChildError

if TYPE_CHECKING:
    from collections.abc import Mapping


class Child:
    """A Python module that runs in an environment of its own; a context manager that waits for its end."""

    def __init__(self, python: str, module: str, specification: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [python, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.say(json.dumps(specification))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def say(self, line: str) -> None:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()

    def wait_for(self, word: str) -> None:
        """Read lines until one is `word`; ChildError when the child ends before."""
        for line in self._stdout:
            if line.strip() == word:
                return
        raise ChildError(f"a process ended before it said {word!r}")

    def outcome(self) -> Any:
        """Return the last line, which is JSON; ChildError when there is none."""
        line = self._stdout.readline()
        if not line:
            raise ChildError("a process ended without an outcome")
        return json.loads(line)

    @property
    def _stdin(self) -> IO[str]:
        assert self._process.stdin  # noqa: S101 - it is a pipe
        return self._process.stdin

    @property
    def _stdout(self) -> IO[str]:
        assert self._process.stdout  # noqa: S101 - it is a pipe
        return self._process.stdout
