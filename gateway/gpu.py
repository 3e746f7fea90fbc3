"""The GPUs of this machine, by NVML; it is not this process that uses them, but Triton on the same machine may."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pynvml
from anyio import to_thread

FRESH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Gpu:
    """All GPUs together: mean usage, sums of memory, highest temperature. None where the driver does not say."""

    usage_percent: float | None = None
    memory_used_mb: int | None = None
    memory_total_mb: int | None = None
    temperature_c: int | None = None


class Gpus:
    """Asks the driver in a thread, at most once a second: a question can take it tens of milliseconds."""

    def __init__(self, nvml: Any = pynvml) -> None:
        self._nvml = nvml
        self._lock = asyncio.Lock()
        self._known: Gpu | None = None
        self._asked_at = float("-inf")
        self._begun = False

    async def read(self) -> Gpu | None:
        """Return the present state, None without a GPU or a driver."""
        async with self._lock:
            if time.monotonic() - self._asked_at > FRESH_SECONDS:
                self._known = await to_thread.run_sync(self._ask)
                self._asked_at = time.monotonic()
        return self._known

    def _ask(self) -> Gpu | None:
        try:
            self._begin()
            states = [self._state(handle) for handle in self._handles()]
        except self._nvml.NVMLError:  # no library, no driver, or a GPU that fell off the bus
            return None
        return _together(states) if states else None

    def _begin(self) -> None:
        if not self._begun:  # it takes long, and a driver may be installed later
            self._nvml.nvmlInit()
            self._begun = True

    def _handles(self) -> Iterator[Any]:
        for index in range(self._nvml.nvmlDeviceGetCount()):
            yield self._nvml.nvmlDeviceGetHandleByIndex(index)

    def _state(self, handle: Any) -> Gpu:
        memory = self._or_none(self._nvml.nvmlDeviceGetMemoryInfo, handle)
        usage = self._or_none(self._nvml.nvmlDeviceGetUtilizationRates, handle)
        return Gpu(
            usage_percent=usage and float(usage.gpu),
            memory_used_mb=memory and memory.used // 2**20,
            memory_total_mb=memory and memory.total // 2**20,
            temperature_c=self._or_none(self._nvml.nvmlDeviceGetTemperature, handle, self._nvml.NVML_TEMPERATURE_GPU),
        )

    def _or_none(self, ask: Any, *arguments: Any) -> Any:
        try:
            return ask(*arguments)
        except self._nvml.NVMLError:  # not supported: MIG slices have no usage, some boards no sensor
            return None


def _together(gpus: list[Gpu]) -> Gpu:
    usages = [gpu.usage_percent for gpu in gpus if gpu.usage_percent is not None]
    used = [gpu.memory_used_mb for gpu in gpus if gpu.memory_used_mb is not None]
    total = [gpu.memory_total_mb for gpu in gpus if gpu.memory_total_mb is not None]
    temperatures = [gpu.temperature_c for gpu in gpus if gpu.temperature_c is not None]
    return Gpu(
        usage_percent=round(sum(usages) / len(usages), 1) if usages else None,
        memory_used_mb=sum(used) if used else None,
        memory_total_mb=sum(total) if total else None,
        temperature_c=max(temperatures, default=None),
    )
