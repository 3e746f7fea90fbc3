"""nginx in front of gateway and page: one port for both, at addresses that do not collide."""

from __future__ import annotations

import shutil
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from stack.parts import Part
from stack.supervisor import StackError

if TYPE_CHECKING:
    from stack.settings import Settings

TEMPLATE = Path(__file__).with_name("nginx.conf")


class _AtTemplate(Template):
    """nginx has variables of its own, with a dollar."""

    delimiter = "@"


def proxy(settings: Settings, host: str, port: int, folder: Path) -> Part:
    """Return nginx as a part of the stack; `folder` gets its configuration and whatever it writes.

    Raises `StackError` when there is no nginx.
    """
    # Outside of containers it lies where only root looks.
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise StackError("nginx not found: install it with the system's package manager (Debian: nginx-light)")
    file = folder / "nginx.conf"
    file.write_text(configuration(settings, host, port, folder))
    return Part("nginx", [program, "-e", "stderr", "-p", str(folder), "-c", str(file)], {})


def configuration(settings: Settings, host: str, port: int, folder: Path) -> str:
    gateway = f"{settings.host}:{settings.gateway_port}"
    page = f"{settings.host}:{settings.ui_port}" if settings.ui_port else gateway
    address = f"[{host}]" if ":" in host else host
    return _AtTemplate(TEMPLATE.read_text()).substitute(
        folder=folder, listen=f"{address}:{port}", gateway=gateway, page=page
    )
