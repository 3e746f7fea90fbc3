"""What a stage of a Dockerfile copies from the checkout, runs and sets: enough of its language for ours."""

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


Stage = list[tuple[str, str]]


@dataclass(frozen=True)
class Image:
    """A stage of a Dockerfile, the last one unless a target is named."""

    instructions: Stage
    inherited: Stage

    @classmethod
    def read(cls, name: str, target: str | None = None) -> Image:
        parts = stages((ROOT / f"deploy/images/{name}/Dockerfile").read_text())
        known = targets(parts)
        own = known[target] if target else parts[-1]
        base = known.get(own[0][1].split()[0], [])
        return cls(own, base)

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


def stages(text: str) -> list[Stage]:
    """Return the instructions of each stage, from its FROM on, continued lines joined."""
    lines = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    result: list[Stage] = []
    for line in filter(str.strip, lines):
        keyword, _, rest = line.strip().partition(" ")
        if keyword == "FROM":
            result.append([])
        if result:
            result[-1].append((keyword, rest.strip()))
    return result


def targets(parts: list[Stage]) -> dict[str, Stage]:
    """Return the stages that have a name, by it."""
    named = (part[0][1].partition(" AS ")[2] for part in parts)
    return {name: part for name, part in zip(named, parts, strict=True) if name}
