"""Keys and the files that hold them."""

from pathlib import Path

import pytest

from gateway.access.__main__ import main


def new_key(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[str, str]:
    """Return a key and its entry, made as an operator makes them."""
    main(["new-key", *options])
    said = capsys.readouterr()
    return said.err.split()[-1], said.out


def add_key(path: Path, capsys: pytest.CaptureFixture[str], name: str, *options: str) -> str:
    key, entry = new_key(capsys, "--name", name, *options)
    with path.open("a") as file:
        file.write(entry)
    return key
