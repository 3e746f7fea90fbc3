"""What `make up` can be told, by environment variables with the names that the parts use themselves."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENTS = Path(".venv")
UI_PORT = 7860
# As UI_PORT: everything but the page.
OFF = "off"


@dataclass(frozen=True)
class Settings:
    """Addresses of the parts, the models they serve, and where their logs go."""

    host: str = "127.0.0.1"
    triton_http_port: int = 8000
    triton_grpc_port: int = 8001
    triton_metrics_port: int = 8002
    gateway_port: int = 8080
    ui_port: int | None = None
    """Port of the page; None: without it."""
    repository: Path = Path("model_repository")
    logs: Path = Path(".cache/logs")
    startup_timeout: float = 240.0
    """Seconds until everything must be ready."""
    gateway_environment: Mapping[str, str] = field(default_factory=dict)
    """Further variables for the gateway."""
    ui_environment: Mapping[str, str] = field(default_factory=dict)
    """Further variables for the page."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; ValueError names a port that is no number."""
        return cls(
            triton_http_port=_port(environment, "TRITON_HTTP_PORT", cls.triton_http_port),
            triton_grpc_port=_port(environment, "TRITON_GRPC_PORT", cls.triton_grpc_port),
            triton_metrics_port=_port(environment, "TRITON_METRICS_PORT", cls.triton_metrics_port),
            gateway_port=_port(environment, "GATEWAY_PORT", cls.gateway_port),
            ui_port=None if environment.get("UI_PORT") == OFF else _port(environment, "UI_PORT", UI_PORT),
            repository=Path(environment.get("MODEL_REPOSITORY", cls.repository)),
        )

    @property
    def gateway_url(self) -> str:
        return f"http://{self.host}:{self.gateway_port}"

    @property
    def ui_url(self) -> str | None:
        return f"http://{self.host}:{self.ui_port}" if self.ui_port else None

    @property
    def triton_http(self) -> str:
        return f"{self.host}:{self.triton_http_port}"

    @property
    def triton_grpc(self) -> str:
        return f"{self.host}:{self.triton_grpc_port}"

    @property
    def triton_metrics_url(self) -> str:
        return f"http://{self.host}:{self.triton_metrics_port}/metrics"


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    value = environment.get(name, str(default))
    if not value.isdigit():
        raise ValueError(f"{name} must be a port number, it is {value!r}")
    return int(value)
