"""What the server of the wheel needs from the machine: x86-64 Linux, a recent glibc and a shared libpython."""

from __future__ import annotations

import platform
import sys
import sysconfig
from pathlib import Path

from embedded.errors import UnsupportedHostError

# The wheel is tagged manylinux_2_35.
REQUIRED_GLIBC = (2, 35)
# NumPy 1.26, which the server's Python stub needs, has wheels up to here.
SUPPORTED_PYTHONS = ((3, 11), (3, 12))


def check_host() -> None:
    """Raise `UnsupportedHostError` when the server cannot run on this machine with this interpreter."""
    check_platform(sys.platform, platform.machine())
    check_glibc(platform.libc_ver())
    check_python(sys.version_info[:2])


def check_platform(system: str, machine: str) -> None:
    if system != "linux" or machine not in {"x86_64", "AMD64"}:
        raise UnsupportedHostError(
            f"the embedded Triton server runs on x86-64 Linux only, this is {machine} {system}: "
            "use docker compose instead"
        )


def check_glibc(libc: tuple[str, str]) -> None:
    name, version = libc
    required = ".".join(map(str, REQUIRED_GLIBC))
    if name != "glibc":
        raise UnsupportedHostError(f"the embedded Triton server needs glibc {required} or newer, this system has none")
    if tuple(map(int, version.split(".")[:2])) < REQUIRED_GLIBC:
        raise UnsupportedHostError(
            f"the embedded Triton server needs glibc {required} or newer, this system has {version}: "
            "use a newer distribution (Ubuntu 22.04, Debian 12, …) or docker compose"
        )


def check_python(version: tuple[int, ...]) -> None:
    if version not in SUPPORTED_PYTHONS:
        supported = " or ".join(".".join(map(str, v)) for v in SUPPORTED_PYTHONS)
        raise UnsupportedHostError(
            f"the embedded Triton server needs Python {supported}, this is {version[0]}.{version[1]}: "
            "run make with PYTHON=python3.12"
        )


def libpython_directory() -> Path:
    """Return the folder of `libpython3.X.so.1.0`, which the server's Python stub is linked against.

    Raises `UnsupportedHostError` when the interpreter was built without a shared library.
    """
    name = f"libpython{sys.version_info.major}.{sys.version_info.minor}.so.1.0"
    for directory in _library_directories():
        if (directory / name).exists():
            return directory
    raise UnsupportedHostError(
        f"{name} not found: the interpreter {sys.base_prefix} has no shared libpython. Install it "
        f"(Debian, Ubuntu: libpython{sys.version_info.major}.{sys.version_info.minor}; "
        "pyenv: PYTHON_CONFIGURE_OPTS=--enable-shared) or choose another one with PYTHON="
    )


def _library_directories() -> list[Path]:
    configured = (sysconfig.get_config_var(key) for key in ("LIBDIR", "LIBPL"))
    multiarch = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    system = [Path("/usr/lib") / multiarch, Path("/usr/lib64"), Path("/usr/local/lib")]
    return [Path(sys.base_prefix) / "lib", *(Path(value) for value in configured if value), *system]
