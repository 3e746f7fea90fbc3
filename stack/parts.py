"""The processes of the stack and the command line of each, in the order in which they start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stack.settings import ENVIRONMENTS

if TYPE_CHECKING:
    from stack.settings import Settings


@dataclass(frozen=True)
class Part:
    """One process of the stack."""

    name: str
    command: list[str]
    environment: dict[str, str]


def parts(settings: Settings) -> list[Part]:
    """Return Triton, the gateway and, where wanted, the page, each with the interpreter of its own environment."""
    page = [_ui(settings)] if settings.ui_port else []
    return [_triton(settings), _gateway(settings), *page]


def _triton(settings: Settings) -> Part:
    options = {
        "repository": settings.repository,
        "host": settings.host,
        "http-port": settings.triton_http_port,
        "grpc-port": settings.triton_grpc_port,
        "metrics-port": settings.triton_metrics_port,
        "log-file": settings.logs / "triton.log",
        # Two stacks of one checkout must not assemble their backends in the same place.
        "cache": settings.logs.parent / f"embedded-{settings.triton_http_port}",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return Part("triton", [_python("triton"), "-m", "embedded", *arguments], dict(os.environ))


def _gateway(settings: Settings) -> Part:
    environment = {
        **os.environ,
        "GATEWAY_HOST": settings.host,
        "GATEWAY_PORT": str(settings.gateway_port),
        "TRITON_URL": settings.triton_grpc,
        **settings.gateway_environment,
    }
    return Part("gateway", [_python("gateway"), "-m", "gateway"], environment)


def _ui(settings: Settings) -> Part:
    environment = {
        **os.environ,
        "UI_HOST": settings.host,
        "UI_PORT": str(settings.ui_port),
        "GATEWAY_URL": settings.gateway_url,
        **settings.ui_environment,
    }
    return Part("ui", [_python("ui"), "-m", "ui"], environment)


def _python(environment: str) -> str:
    return str(ENVIRONMENTS / environment / "bin" / "python")
