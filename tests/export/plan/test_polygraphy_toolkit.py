"""Where there is no TensorRT, and where it fails. Failures are put in; nothing here stands for one that works."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from export.errors import TensorRTError, TensorRTUnavailableError
from export.plan.machine import Machine
from export.plan.polygraphy_toolkit import PolygraphyToolkit, connect
from export.plan.toolkit import Shapes

SHAPES = Shapes((1, 640, 640, 3), (16, 640, 640, 3))


def test_without_tensorrt_it_names_the_place_where_there_is_one() -> None:
    with pytest.raises(TensorRTUnavailableError, match=r"no TensorRT here .*: docker compose run --rm plan"):
        connect()


def failing(message: str, log: str) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        sys.stdout.write(log)
        raise ValueError(message)

    return fail


@pytest.fixture
def polygraphy(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Put in a `polygraphy.backend.trt` for faults."""
    trt, backend = ModuleType("polygraphy.backend.trt"), ModuleType("polygraphy.backend")
    backend.__dict__["trt"] = trt
    for module in (ModuleType("polygraphy"), backend, trt):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return trt


@pytest.fixture
def toolkit() -> PolygraphyToolkit:
    return PolygraphyToolkit(ModuleType("tensorrt"), Machine("11.4.0.106", "NVIDIA L4", "8.9"))


def build(toolkit: PolygraphyToolkit) -> str:
    with pytest.raises(TensorRTError) as raised:
        toolkit.build(b"graph", SHAPES, lambda *_: None)
    return str(raised.value)


def test_the_first_error_in_tensorrts_log_is_the_reason(
    polygraphy: ModuleType, toolkit: PolygraphyToolkit, capsys: pytest.CaptureFixture[str]
) -> None:
    log = "[W] slow\n    [E] OutOfMemory (Requested size was 4294967296 bytes.)\n[E] Invalid engine\n"
    polygraphy.__dict__["network_from_onnx_bytes"] = failing("See the log", log)
    expected = "TensorRT cannot build a plan: OutOfMemory (Requested size was 4294967296 bytes.)"
    assert build(toolkit) == expected
    assert capsys.readouterr().out == ""


def test_without_a_log_the_exception_is_the_reason(polygraphy: ModuleType, toolkit: PolygraphyToolkit) -> None:
    polygraphy.__dict__["network_from_onnx_bytes"] = failing("factory function returned nullptr\nat 0x0", "[I] hello")
    assert build(toolkit) == "TensorRT cannot build a plan: factory function returned nullptr"


def test_a_plan_that_cannot_be_loaded(polygraphy: ModuleType, toolkit: PolygraphyToolkit) -> None:
    class Runner:
        def __init__(self, _: object) -> None:
            self.activate = failing("See the log", "[E] Error Code 1: Serialization (version tag does not match)")

    polygraphy.__dict__.update(TrtRunner=Runner, EngineFromBytes=bytes)
    with pytest.raises(TensorRTError, match="cannot load the plan: Error Code 1: Serialization"), toolkit.running(b""):
        pass


def test_a_plan_that_fails_while_it_runs_is_unloaded(polygraphy: ModuleType, toolkit: PolygraphyToolkit) -> None:
    unloaded = []

    class Runner:
        def __init__(self, _: object) -> None:
            self.infer = failing("See the log", "[E] CUDA error 700")

        def activate(self) -> None:
            pass

        def deactivate(self) -> None:
            unloaded.append(self)

    polygraphy.__dict__.update(TrtRunner=Runner, EngineFromBytes=bytes)
    with toolkit.running(b"") as run, pytest.raises(TensorRTError, match="cannot run the plan: CUDA error 700"):
        run(None)  # type: ignore[arg-type]  # it fails before it looks at them
    assert unloaded
