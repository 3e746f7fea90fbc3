"""What is known of a batch: its files, and the jobs they went to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ui.gateway.jobs import Status

if TYPE_CHECKING:
    from ui.gateway.answers import Envelope
    from ui.pictures import Picture

EXPIRED = "The server does not keep these results any more. Please send the files again."


@dataclass
class Item:
    """A file. At last it has an `answer`, in pixels of the original, or a `problem` in words."""

    name: str
    path: str
    picture: Picture | None = None
    answer: Envelope | None = None
    problem: str = ""
    annotated: str = ""
    """Where the picture with its result is kept."""


@dataclass
class Order:
    """A job, and which files are in it."""

    id: str
    items: list[Item]
    status: Status = Status.QUEUED
    position: int | None = None
    done: int = 0
    problem: str = ""

    def end(self, problem: str, status: Status = Status.FAILED) -> None:
        """There will be no more results."""
        self.status, self.position, self.problem = status, None, problem


@dataclass
class Batch:
    """`trouble` says why the last look at the jobs failed; they go on meanwhile. `looks` counts the looks."""

    task: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    trouble: str = ""
    looks: int = 0

    @property
    def open(self) -> list[Order]:
        return [order for order in self.orders if not order.status.final]

    @property
    def finished(self) -> list[Item]:
        return [item for item in self.items if item.answer]
