"""Resize and centre crop: torchvision's `ImageClassification` preset up to the cast, which is in the network.

Pillow resizes because torchvision does: its filter averages over all the pixels that it shrinks, OpenCV's does not,
and the difference costs accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class CenterCrop:
    """The shorter side becomes `resize` pixels, then the `crop` x `crop` square in the middle is cut out."""

    resize: int
    crop: int

    def __post_init__(self) -> None:
        if self.resize < self.crop:
            raise ValueError(f"resize ({self.resize}) must not be smaller than crop ({self.crop})")

    def __call__(self, image: Pixels) -> Pixels:
        """Turn uint8 [height, width, 3] into [1, crop, crop, 3].

        Source: `resize` and `center_crop` of torchvision 0.29. Only what is cut out is resized, so that a strip of
        1 x 4000 pixels does not become 256 x 1024000 first; Pillow's filter sees the pixels around it all the same.
        Rounding of the window's borders makes about one value in a hundred differ, by 1 or 2 of 255.
        """
        height, width = image.shape[:2]
        resized_width, resized_height = self._resized(width, height)
        left, top = round((resized_width - self.crop) / 2), round((resized_height - self.crop) / 2)
        scale_x, scale_y = width / resized_width, height / resized_height
        window = (left * scale_x, top * scale_y, (left + self.crop) * scale_x, (top + self.crop) * scale_y)
        resized = Image.fromarray(image).resize((self.crop, self.crop), Image.Resampling.BILINEAR, box=window)
        return np.asarray(resized)[None]

    def _resized(self, width: int, height: int) -> tuple[int, int]:
        if width <= height:
            return self.resize, int(self.resize * height / width)
        return int(self.resize * width / height), self.resize
