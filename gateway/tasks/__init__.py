"""What can be asked of a pipeline: one module for each task, one `Task` in each module.

A new task is a new module, an entry in `TASKS` and a route; a new model of a known task is nothing here at all.
"""

from collections.abc import Mapping
from typing import Any

from gateway.tasks.base import Task
from gateway.tasks.classification import CLASSIFY
from gateway.tasks.detection import DETECT

TASKS: Mapping[str, Task[Any, Any]] = {task.name: task for task in (DETECT, CLASSIFY)}
