from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.app import create_app
from gateway.settings import Settings
from tests.gateway import fake_triton, gateways
from tests.gateway.fake_triton import FakeTriton


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def _one_event_loop(anyio_backend: str) -> AsyncIterator[None]:  # noqa: ARG001 - asked for by anyio
    """Keep one loop for all tests: gRPC's poller, one for a process, stumbles over loops that were closed."""
    yield  # noqa: PT022 - anyio runs a generator for as long as the scope


@pytest.fixture
async def triton() -> FakeTriton:
    return FakeTriton()


@pytest.fixture
async def gateway_settings(triton: FakeTriton) -> AsyncIterator[Settings]:
    async with fake_triton.listening(triton) as address:
        yield Settings(triton_url=address, deadline_seconds=10)


@pytest.fixture
async def gateway(gateway_settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with gateways.calling(create_app(gateway_settings)) as client:
        yield client
