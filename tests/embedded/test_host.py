from __future__ import annotations

import pytest

from embedded import host
from embedded.errors import UnsupportedHostError


def test_this_machine_can_run_the_server() -> None:
    host.check_host()
    assert list(host.libpython_directory().glob("libpython3*.so.1.0"))


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64"), ("win32", "AMD64")])
def test_other_platforms_are_named(system: str, machine: str) -> None:
    with pytest.raises(UnsupportedHostError, match=f"x86-64 Linux only, this is {machine} {system}"):
        host.check_platform(system, machine)


@pytest.mark.parametrize("version", ["2.31", "2.34"])
def test_old_c_library_is_named(version: str) -> None:
    with pytest.raises(UnsupportedHostError, match=f"glibc 2.35 or newer, this system has {version}"):
        host.check_glibc(("glibc", version))


@pytest.mark.parametrize("version", ["2.35", "2.36", "3.0"])
def test_recent_c_library_passes(version: str) -> None:
    host.check_glibc(("glibc", version))


def test_musl_is_named() -> None:
    with pytest.raises(UnsupportedHostError, match="has none"):
        host.check_glibc(("", ""))


@pytest.mark.parametrize("version", [(3, 10), (3, 13)])
def test_python_without_packages_is_named(version: tuple[int, int]) -> None:
    with pytest.raises(UnsupportedHostError, match=r"needs Python 3\.11 or 3\.12, this is 3\.1[03]"):
        host.check_python(version)


def test_missing_libpython_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "_library_directories", list)
    with pytest.raises(UnsupportedHostError, match=r"libpython3\.\d+\.so\.1\.0 not found.*Install it"):
        host.libpython_directory()
