"""What a Dockerfile's last stage copies from the checkout, runs and sets: enough of its language for ours."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.repositories import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILES = sorted(ROOT.glob("deploy/images/*/Dockerfile"))


@dataclass(frozen=True)
class Image:
    """The last stage of a Dockerfile."""

    instructions: list[tuple[str, str]]

    @classmethod
    def read(cls, name: str) -> Image:
        text = (ROOT / f"deploy/images/{name}/Dockerfile").read_text()
        return cls(stages(text)[-1])

    def all_of(self, keyword: str) -> list[str]:
        return [rest for word, rest in self.instructions if word == keyword]

    @property
    def environment(self) -> dict[str, str]:
        pairs = (pair.partition("=") for rest in self.all_of("ENV") for pair in shlex.split(rest))
        return {name: value for name, _, value in pairs if name != "PATH"}

    @property
    def command(self) -> list[str]:
        return [word for keyword in ("ENTRYPOINT", "CMD") for rest in self.all_of(keyword) for word in json.loads(rest)]

    def copy_to(self, folder: Path) -> None:
        """Put into `folder` what the image takes from the checkout below its working directory."""
        for rest in self.all_of("COPY"):
            words = [word for word in shlex.split(rest) if not word.startswith("--chmod")]
            source, target = words[0], words[-1]
            if not source.startswith("--from") and not target.startswith("/"):
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / source, folder / target, symlinks=True, ignore=ignored)


def stages(text: str) -> list[list[tuple[str, str]]]:
    """Return the instructions of each stage, continued lines joined."""
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    result: list[list[tuple[str, str]]] = []
    for line in filter(str.strip, lines):
        keyword, _, rest = line.strip().partition(" ")
        if keyword == "FROM":
            result.append([])
        if result:
            result[-1].append((keyword, rest.strip()))
    return result
