"""Picture files as pixels, read when they are asked for: hundreds would not fit into memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import overload

from export.pixels import Pixels

Prepare = Callable[[Path], Pixels]
"""Reads a picture file as its network wants it: UINT8 [1, H, W, 3]; CalibrationError when it cannot be read."""


class PictureFiles(Sequence[Pixels]):
    """What `prepare` makes of the files."""

    def __init__(self, files: Sequence[Path], prepare: Prepare) -> None:
        self._files, self._prepare = files, prepare

    def __len__(self) -> int:
        return len(self._files)

    @overload
    def __getitem__(self, index: int) -> Pixels: ...

    @overload
    def __getitem__(self, index: slice) -> "PictureFiles": ...

    def __getitem__(self, index: int | slice) -> "Pixels | PictureFiles":
        if isinstance(index, slice):
            return PictureFiles(self._files[index], self._prepare)
        return self._prepare(self._files[index])
