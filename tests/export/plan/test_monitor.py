"""Progress of the outermost phase, and Ctrl-C that waits until TensorRT can be told."""

import os
import signal
from collections.abc import Iterator
from types import ModuleType

import pytest

from export.plan.monitor import holding_interrupts, progress_monitor


@pytest.fixture
def tensorrt() -> ModuleType:
    """Return what a monitor needs of TensorRT: the class it derives from."""
    module = ModuleType("tensorrt")
    module.__dict__["IProgressMonitor"] = type("IProgressMonitor", (), {})
    return module


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Undo what a test run in the background does: it ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_inner_phases_are_not_told(tensorrt: ModuleType) -> None:
    told: list[tuple[str, int, int]] = []
    monitor = progress_monitor(tensorrt, lambda *each: told.append(each), lambda: False)
    monitor.phase_start("Building", None, 2)
    monitor.phase_start("Tactics", "Building", 50)
    assert monitor.step_complete("Tactics", 0)
    assert monitor.step_complete("Building", 0)
    monitor.phase_finish("Tactics")
    monitor.phase_finish("Building")
    assert monitor.step_complete("Building", 1)
    assert told == [("Building", 1, 2)]


def test_an_interrupt_stops_the_build_and_is_raised_afterwards(tensorrt: ModuleType) -> None:
    steps = []

    def build() -> None:
        with holding_interrupts() as interrupted:
            monitor = progress_monitor(tensorrt, lambda *_: None, interrupted)
            steps.append(monitor.step_complete("Building", 0))
            os.kill(os.getpid(), signal.SIGINT)
            steps.append(monitor.step_complete("Building", 1))
            raise RuntimeError("TensorRT was told to stop")

    with pytest.raises(KeyboardInterrupt):
        build()
    assert steps == [True, False]
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)


def test_without_an_interrupt_errors_come_through() -> None:
    with pytest.raises(RuntimeError), holding_interrupts():
        raise RuntimeError("out of memory")


def test_ignored_interrupts_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with holding_interrupts() as interrupted:
        os.kill(os.getpid(), signal.SIGINT)
        assert not interrupted()
