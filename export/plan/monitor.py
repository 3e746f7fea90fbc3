"""How far TensorRT has got, which takes minutes; and Ctrl-C, which it could not hear."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from export.plan.toolkit import Progress


@contextmanager
def holding_interrupts() -> Iterator[Callable[[], bool]]:
    """Keep Ctrl-C back while the block runs, and raise KeyboardInterrupt at its end; yields "did it come?".

    TensorRT calls back into Python from code that must not see an exception.
    """
    came = False

    def note(*_: object) -> None:
        nonlocal came
        came = True

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # whoever started this process wants no interrupts
        signal.signal(signal.SIGINT, note)
    try:
        yield lambda: came
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            raise KeyboardInterrupt


def progress_monitor(tensorrt: ModuleType, progress: Progress, interrupted: Callable[[], bool]) -> Any:
    """Return a `tensorrt.IProgressMonitor` that tells `progress` of the outermost phase and stops on an interrupt."""

    class Monitor(tensorrt.IProgressMonitor):  # type: ignore[misc, name-defined]  # the class is known at run time only
        def __init__(self) -> None:
            tensorrt.IProgressMonitor.__init__(self)
            self._steps: dict[str, int] = {}

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if not parent_phase:
                self._steps[phase_name] = num_steps

        def step_complete(self, phase_name: str, step: int) -> bool:
            if phase_name in self._steps:
                progress(phase_name, step + 1, self._steps[phase_name])
            return not interrupted()

        def phase_finish(self, phase_name: str) -> None:
            self._steps.pop(phase_name, None)

    return Monitor()
