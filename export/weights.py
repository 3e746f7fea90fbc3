"""Which weights a model gets: the local folder, else the official address, else, only when asked, untrained ones."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from export.catalog import ModelSpec
from export.console import Console
from export.download import download
from export.errors import WeightsUnavailableError
from export.files import sha256_of

Provenance = Literal["official", "custom", "untrained"]


@dataclass(frozen=True)
class Weights:
    """A checkpoint and where it comes from; `path` is None for untrained weights."""

    provenance: Provenance
    path: Path | None = None
    sha256: str = ""
    license: str = ""  # SPDX identifier; a custom file's terms are its owner's to state

    def describe(self) -> dict[str, str]:
        """Return what configs, graph and proof say about the weights; never the folder they lay in."""
        told = {key: value for key, value in asdict(self).items() if key != "path"}
        return told | {"file": self.path.name if self.path else ""}


def find_local(spec: ModelSpec, folder: Path) -> Path | None:
    return next((path for name in spec.files if (path := folder / name).is_file()), None)


def resolve(spec: ModelSpec, folder: Path, console: Console, *, allow_untrained: bool = False) -> Weights:
    """Find or fetch the weights of a model.

    Raises:
        WeightsUnavailableError: they are nowhere, and untrained ones were not allowed
        ChecksumError: the official address gave another file than the official one; untrained weights are no answer
            to that, because somebody has to look at it
    """
    if path := find_local(spec, folder):
        return identify(spec, path)
    try:
        return identify(spec, _fetch(spec, folder, console))
    except WeightsUnavailableError as error:
        if not allow_untrained:
            raise WeightsUnavailableError(_ways_out(spec, folder, error)) from error
        console.line(f"{spec.name}: WARNING: no weights ({error}); going on with UNTRAINED ones: results mean nothing")
        return Weights("untrained")


def identify(spec: ModelSpec, path: Path) -> Weights:
    """Tell the published file from any other by its checksum."""
    sha256 = sha256_of(path)
    if sha256 == spec.release.sha256:
        return Weights("official", path, sha256, spec.release.license)
    return Weights("custom", path, sha256, "unknown")


def _fetch(spec: ModelSpec, folder: Path, console: Console) -> Path:
    target = folder / spec.files[0]
    with console.step(f"{spec.name}: download {spec.release.url}"):
        download(spec.release.url, target, spec.release.sha256, console.progress)
    return target


def _ways_out(spec: ModelSpec, folder: Path, error: WeightsUnavailableError) -> str:
    return (
        f"{spec.name}: no weights: put {' or '.join(spec.files)} into {folder}, or allow the network to reach {error}; "
        "--allow-untrained goes on without (the model then answers nonsense, and says so)"
    )
