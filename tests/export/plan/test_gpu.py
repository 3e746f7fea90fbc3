"""What CUDA says about GPUs, and what the user is told where there is none. CUDA's answers are put in: faults."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from export.errors import TensorRTUnavailableError
from export.plan.gpu import Gpu, only_gpu

SUCCESS, NO_DEVICE, OLD_DRIVER = range(3)
TEXTS = {NO_DEVICE: b"no CUDA-capable device is detected", OLD_DRIVER: b"CUDA driver version is insufficient"}


def device(name: bytes, major: int, minor: int) -> SimpleNamespace:
    return SimpleNamespace(name=name, major=major, minor=minor)


def cuda(monkeypatch: pytest.MonkeyPatch, *devices: SimpleNamespace, code: int = SUCCESS) -> None:
    """Put in a `cuda.bindings.runtime` that answers so."""
    runtime = ModuleType("cuda.bindings.runtime")
    runtime.__dict__.update(
        cudaError_t=SimpleNamespace(cudaSuccess=SUCCESS),
        cudaGetDeviceCount=lambda: (code, len(devices) if code == SUCCESS else None),
        cudaGetDeviceProperties=lambda index: (SUCCESS, devices[index]),
        cudaGetErrorString=lambda each: (SUCCESS, TEXTS[each]),
    )
    bindings = ModuleType("cuda.bindings")
    bindings.__dict__["runtime"] = runtime
    for name, module in {"cuda": ModuleType("cuda"), "cuda.bindings": bindings, runtime.__name__: runtime}.items():
        monkeypatch.setitem(sys.modules, name, module)


def test_several_of_a_kind_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, device(b"NVIDIA L4", 8, 9), device(b"NVIDIA L4", 8, 9))
    assert only_gpu("elsewhere") == Gpu("NVIDIA L4", "8.9")


def test_several_kinds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch, device(b"NVIDIA L4", 8, 9), device(b"NVIDIA A10", 8, 6))
    with pytest.raises(TensorRTUnavailableError, match=r"\(NVIDIA A10, NVIDIA L4\).*CUDA_VISIBLE_DEVICES"):
        only_gpu("elsewhere")


@pytest.mark.parametrize("code", TEXTS)
def test_cuda_gives_the_reason(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    cuda(monkeypatch, code=code)
    with pytest.raises(TensorRTUnavailableError, match=rf"\({TEXTS[code].decode()}\): elsewhere"):
        only_gpu("elsewhere")


def test_none_is_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda(monkeypatch)
    with pytest.raises(TensorRTUnavailableError, match="no GPU is visible: elsewhere"):
        only_gpu("elsewhere")


def test_without_bindings_it_says_so() -> None:
    with pytest.raises(TensorRTUnavailableError, match=r"no CUDA bindings here .*: elsewhere"):
        only_gpu("elsewhere")
