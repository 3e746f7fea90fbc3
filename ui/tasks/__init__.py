"""How each task is asked and shown. A new task needs one module here, one in `static/render/`, and its line below.

A task that the gateway lists and that is not known here works all the same, and is shown as JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ui.tasks.base import Task
from ui.tasks.classify import Classify
from ui.tasks.detect import Detect

if TYPE_CHECKING:
    from collections.abc import Mapping


def known() -> Mapping[str, Task]:
    tasks: tuple[Task, ...] = (Detect("detect"), Classify("classify"))
    return {task.name: task for task in tasks}


def task_of(name: str) -> Task:
    return known().get(name) or Task(name)
