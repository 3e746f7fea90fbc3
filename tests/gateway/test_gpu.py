"""NVML is faked for its values only; without a driver the real one is asked."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.gpu import Gpu, Gpus

pytestmark = pytest.mark.anyio


class FakeNvml:
    """Two boards; `without` is what they do not support."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, *, gpus: int = 2, without: tuple[str, ...] = ()) -> None:
        self._gpus = gpus
        self._without = without
        self.asked = self.begun = 0

    def nvmlInit(self) -> None:  # noqa: N802 - the library's names
        self.begun += 1
        self._refuse("init")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        self.asked += 1
        return self._gpus

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802
        return SimpleNamespace(used=(handle + 1) * 2**30, total=8 * 2**30)

    def nvmlDeviceGetUtilizationRates(self, handle: int) -> Any:  # noqa: N802
        self._refuse("usage")
        return SimpleNamespace(gpu=20 * handle)

    def nvmlDeviceGetTemperature(self, handle: int, _: int) -> int:  # noqa: N802
        return 50 + handle

    def _refuse(self, what: str) -> None:
        if what in self._without:
            raise self.NVMLError


async def test_all_boards_together() -> None:
    assert await Gpus(FakeNvml()).read() == Gpu(10.0, 3 * 1024, 16 * 1024, 51)


async def test_what_a_board_does_not_say_is_none() -> None:
    assert await Gpus(FakeNvml(without=("usage",))).read() == Gpu(None, 3 * 1024, 16 * 1024, 51)


async def test_an_idle_board_is_at_zero_percent() -> None:
    assert await Gpus(FakeNvml(gpus=1)).read() == Gpu(0.0, 1024, 8 * 1024, 50)


async def test_no_driver_and_no_board() -> None:
    assert await Gpus(FakeNvml(without=("init",))).read() is None
    assert await Gpus(FakeNvml(gpus=0)).read() is None


async def test_the_driver_is_spared() -> None:
    nvml = FakeNvml()
    gpus = Gpus(nvml)
    for _ in range(5):
        await gpus.read()
    assert (nvml.begun, nvml.asked) == (1, 1)


async def test_the_real_library_raises_nothing() -> None:
    await Gpus().read()
