"""What is asked of TensorRT: two verbs and a fact."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from export.pixels import Run
    from export.plan.machine import Machine

Progress = Callable[[str, int, int], None]
"""Called with the name of a phase, how many of its steps are done, and how many there are."""


class Shapes(NamedTuple):
    """The range of shapes of the only input; the plan is fastest at the largest."""

    smallest: tuple[int, ...]
    largest: tuple[int, ...]


class TensorRT(Protocol):
    """A TensorRT with a GPU."""

    @property
    def machine(self) -> Machine:
        """The GPU and the version that plans are built for."""

    def build(self, graph: bytes, shapes: Shapes, progress: Progress) -> bytes:
        """Build a plan from a typed ONNX graph, which takes minutes.

        Raises:
            TensorRTError: it could not; the message holds TensorRT's own reason
        """

    def running(self, plan: bytes) -> AbstractContextManager[Run]:
        """Load a plan onto the GPU for the length of a block.

        Raises:
            TensorRTError: it cannot be loaded
        """


Connect = Callable[[], TensorRT]
"""Look for TensorRT and a GPU on this machine; TensorRTUnavailableError where one is missing."""
