"""What is wrong with the settings, a line for each, before anything is started."""

import sys

from pydantic import ValidationError

from gateway import admin
from gateway.access.gate import gate
from gateway.settings import Settings


def load() -> Settings:
    """Return settings that can be served with; else say what to mend and exit with status 1."""
    try:
        settings = Settings()
        gate(settings)
        if settings.admin_port is not None:
            admin.bind(settings).close()
    except ValidationError as error:
        sys.exit("\n".join(_lines(error)))
    except (OSError, ValueError) as error:
        sys.exit(f"gateway: {error}")
    return settings


def _lines(error: ValidationError) -> list[str]:
    """Name variables, not fields; what was given is not echoed, it may be a secret."""
    return [f"gateway: {_variable(one['loc'])}{one['msg'].removeprefix('Value error, ')}" for one in error.errors()]


def _variable(location: tuple[str | int, ...]) -> str:
    if not location:
        return ""
    name = str(location[0]).upper()
    return f"{name}: " if name in ("TRITON_URL", "GATEWAY_TRITON_URL") else f"GATEWAY_{name}: "
