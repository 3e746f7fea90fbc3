"""The settings of the embedded server: command line first, then environment, then the defaults of Triton."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

DEFAULT_CACHE = Path(".cache/embedded")


@dataclass(frozen=True)
class Settings:
    """Where to listen, what to serve, and how long to wait."""

    repository: Path = Path("model_repository")
    cache: Path = DEFAULT_CACHE
    """Folder for the assembled backends."""
    host: str = "127.0.0.1"
    http_port: int = 8000
    grpc_port: int = 8001
    metrics_port: int = 8002
    profile: str | None = None
    """Name of the configs to prefer (`configs/<profile>.pbtxt`); None takes `config.pbtxt`."""
    model_control: str = "explicit"
    load: tuple[str, ...] = ("*",)
    """Models to load at start in explicit mode."""
    startup_timeout: float = 180.0
    """Seconds until the server must be ready."""
    shutdown_timeout: int = 10
    """Seconds that requests under way get when the server is told to stop."""
    log_file: Path | None = None
    """Where the output of tritonserver goes; None leaves it on the terminal."""
    log_verbose: int = 0
    server_arguments: tuple[str, ...] = ()
    """Passed to tritonserver as they are."""


def parse_arguments(argv: list[str] | None = None) -> Settings:
    """Read the command line of `python -m embedded`."""
    values = vars(_parser().parse_args(argv))
    values["load"] = tuple(values["load"] or ("*",))
    values["server_arguments"] = tuple(values["server_arguments"])
    return Settings(**values)


def _parser() -> argparse.ArgumentParser:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m embedded",
        description="A real Triton server without Docker, on loopback.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--repository", type=Path, default=_environment("MODEL_REPOSITORY", defaults.repository))
    add(
        "--cache",
        type=Path,
        default=_environment("EMBEDDED_CACHE", defaults.cache),
        help="folder for the assembled backends",
    )
    add("--host", default=_environment("TRITON_HOST", defaults.host), help="address to listen on")
    add("--http-port", type=int, default=_environment("TRITON_HTTP_PORT", defaults.http_port))
    add("--grpc-port", type=int, default=_environment("TRITON_GRPC_PORT", defaults.grpc_port))
    add("--metrics-port", type=int, default=_environment("TRITON_METRICS_PORT", defaults.metrics_port))
    add("--profile", default=os.environ.get("TRITON_PROFILE"), help="prefer configs/<profile>.pbtxt")
    add("--model-control", choices=["none", "poll", "explicit"], default=defaults.model_control)
    add("--load", action="append", metavar="MODEL", help="load only these models (default: all)")
    add("--startup-timeout", type=float, default=defaults.startup_timeout, help="seconds until ready")
    add("--shutdown-timeout", type=int, default=defaults.shutdown_timeout, help="seconds for requests under way")
    add("--log-file", type=Path, help="where the output of tritonserver goes (default: the terminal)")
    add("--log-verbose", type=int, default=_environment("TRITON_LOG_VERBOSE", defaults.log_verbose))
    add("server_arguments", nargs="*", metavar="-- TRITONSERVER_ARGUMENT", help="passed on as they are")
    return parser


def _environment(name: str, default: object) -> object:
    return os.environ.get(name, default)
