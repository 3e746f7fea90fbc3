"""Start the parts, wait until they answer, and end them all when one of them, or somebody, wants the end."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Self

from embedded.processes import die_with_parent, kill_session
from stack.parts import Part, parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stack.settings import Settings

POLL_SECONDS = 0.1
# Longer than the gateway takes at most to finish what it has accepted.
STOP_SECONDS = 45.0


class StackError(Exception):
    """The stack cannot go on; the message says which part is the reason."""


class Stack:
    """The running stack. Use as a context manager: entering returns when all parts are ready.

    Entering raises `StackError`; leaving ends the parts in reverse order, so that accepted work can finish.
    """

    def __init__(self, settings: Settings, members: Sequence[Part] | None = None) -> None:
        self.settings = settings
        self._members = parts(settings) if members is None else members
        self._running: list[tuple[Part, subprocess.Popen[bytes]]] = []

    def __enter__(self) -> Self:
        try:
            for part in self._members:
                self._running.append((part, _start(part)))
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def watch(self) -> None:
        """Return never, raise `StackError` when a part ends."""
        while True:
            self._check()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """End every part; one that does not end in time is killed."""
        while self._running:
            _, process = self._running.pop()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            kill_session(process.pid)

    def process_id(self, name: str) -> int:
        """Return the process id of a part."""
        return next(process.pid for part, process in self._running if part.name == name)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.settings.startup_timeout
        # Triton first: the gateway would log each of our questions while there is nothing behind it.
        page = [f"{self.settings.ui_url}/healthz"] if self.settings.ui_url else []
        for url in (
            f"http://{self.settings.triton_http}/v2/health/ready",
            f"{self.settings.gateway_url}/readyz",
            *page,
        ):
            self._wait_for(url, deadline)

    def _wait_for(self, url: str, deadline: float) -> None:
        while not _answers(url):
            self._check()
            if time.monotonic() > deadline:
                raise StackError(
                    f"not ready after {self.settings.startup_timeout:g} s; the logs are in {self.settings.logs}"
                )
            time.sleep(POLL_SECONDS)

    def _check(self) -> None:
        for part, process in self._running:
            if process.poll() is not None:
                raise StackError(
                    f"{part.name} ended with status {process.returncode}; the logs are in {self.settings.logs}"
                )


def _start(part: Part) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        part.command,
        env=part.environment,
        # A session of its own: Ctrl-C at the terminal reaches us alone, and we end the parts in order.
        start_new_session=True,
        preexec_fn=die_with_parent(os.getpid()),  # noqa: PLW1509 - no threads are running here
    )


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
