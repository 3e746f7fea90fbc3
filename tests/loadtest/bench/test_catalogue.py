"""What is measured, and when."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadtest.bench.catalogue import hosts
from loadtest.bench.systems import PRECISIONS, THREADS_ALONE, Host, Models

CORES = 2


@pytest.fixture
def found() -> list[Host]:
    folder = Path("work")
    repositories = {precision: folder / precision for precision in PRECISIONS}
    return hosts(Models(repositories, folder, folder / "model.onnx", folder / "yolov8n.pt", CORES, folder))


def test_every_row_has_a_name_of_its_own(found: list[Host]) -> None:
    names = [row.name for host in found for row in host.rows]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_stack_is_measured_beside_the_same_work_without_a_server(found: list[Host], precision: str) -> None:
    (stack,) = (host for host in found if host.name == f"stack-{precision}")
    assert {row.precision for row in stack.rows} == {precision}
    settings = {(row.task, row.what, row.processes, row.threads, row.streams) for row in stack.alone}
    for task in ("detect", "classify"):
        assert {(task, "pipeline", CORES, 1, 1), (task, "pipeline", 1, THREADS_ALONE, 1)} < settings
        assert {(task, "engine", CORES, 1, 1), (task, "engine", 1, CORES, CORES)} < settings
