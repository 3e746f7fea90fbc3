"""Which GPU there is, asked of CUDA."""

from dataclasses import dataclass
from typing import Any

from export.errors import TensorRTUnavailableError


@dataclass(frozen=True)
class Gpu:
    name: str
    capability: str


def only_gpu(where: str) -> Gpu:
    """Return what all visible GPUs are; CUDA_VISIBLE_DEVICES decides which are.

    Args:
        where: the place to go to when there is none

    Raises:
        TensorRTUnavailableError: there is no GPU, no driver or one too old, or there are GPUs of several kinds
    """
    try:
        from cuda.bindings import runtime  # noqa: PLC0415 - only when a plan is asked for
    except ImportError as error:
        raise TensorRTUnavailableError(f"no CUDA bindings here ({error}): {where}") from error
    kinds = {
        _describe(runtime, index, where) for index in range(_checked(runtime, runtime.cudaGetDeviceCount(), where))
    }
    if len(kinds) > 1:
        names = ", ".join(sorted(kind.name for kind in kinds))
        raise TensorRTUnavailableError(f"GPUs of several kinds ({names}): choose one kind with CUDA_VISIBLE_DEVICES")
    if not kinds:
        raise TensorRTUnavailableError(f"no GPU is visible: {where}")
    return kinds.pop()


def _describe(runtime: Any, index: int, where: str) -> Gpu:
    properties = _checked(runtime, runtime.cudaGetDeviceProperties(index), where)
    return Gpu(properties.name.decode(), f"{properties.major}.{properties.minor}")


def _checked(runtime: Any, answer: tuple[Any, Any], where: str) -> Any:
    """Return what CUDA answered; every call of its bindings answers with an error code first."""
    code, value = answer
    if code != runtime.cudaError_t.cudaSuccess:
        _, text = runtime.cudaGetErrorString(code)
        raise TensorRTUnavailableError(f"no usable NVIDIA GPU ({text.decode()}): {where}")
    return value
