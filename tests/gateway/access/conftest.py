import time
from types import SimpleNamespace

import pytest

from gateway import catalogue
from gateway.access import jwks, quota
from gateway.routes import health, stats
from gateway.settings import Settings


@pytest.fixture(autouse=True)
def _no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who may pass not depend on the time that a busy machine takes."""
    for module, name in (
        (catalogue, "REFRESH_SECONDS"),
        (health, "PROBE_SECONDS"),
        (jwks, "FETCH_SECONDS"),
        (jwks, "RETRY_SECONDS"),
        (stats, "TRITON_SECONDS"),
    ):
        monkeypatch.setattr(module, name, 60)


@pytest.fixture
def gateway_settings(gateway_settings: Settings) -> Settings:
    return gateway_settings.model_copy(update={"deadline_seconds": 60, "max_deadline_seconds": 60})


@pytest.fixture
def minute(monkeypatch: pytest.MonkeyPatch) -> float:
    """Stand still, ten seconds into a minute: no window ends while a test counts."""
    now = time.time() // 60 * 60 + 10
    monkeypatch.setattr(quota, "time", SimpleNamespace(time=lambda: now))
    return now
