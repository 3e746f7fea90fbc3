"""Seeded test pictures: edges, areas and gradients excite a network as photographs do; noise alone does not."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Run = Callable[[Pixels], NDArray[np.float32]]
"""A network, in whatever runtime: UINT8 [N, H, W, 3] RGB to its output, FP32 [N, ...]."""


def pictures(batch: int, height: int, width: int) -> Pixels:
    """Return UINT8 [batch, height, width, 3]; the same for the same arguments, each picture of a batch another."""
    return np.stack([_picture(np.random.default_rng([seed, height, width]), height, width) for seed in range(batch)])


def _picture(rng: np.random.Generator, height: int, width: int) -> Pixels:
    canvas = _gradient(rng, height, width)
    for _ in range(12):
        _draw_rectangle(rng, canvas)
    canvas += rng.normal(0, 6, canvas.shape)
    return canvas.clip(0, 255).astype(np.uint8)


def _gradient(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float64]:
    corners = rng.uniform(0, 255, (2, 2, 3))
    down = np.linspace(0, 1, height)[:, None, None]
    across = np.linspace(0, 1, width)[None, :, None]
    top = corners[0, 0] * (1 - across) + corners[0, 1] * across
    bottom = corners[1, 0] * (1 - across) + corners[1, 1] * across
    return np.asarray(top * (1 - down) + bottom * down)


def _draw_rectangle(rng: np.random.Generator, canvas: NDArray[np.float64]) -> None:
    height, width, _ = canvas.shape
    top, left = rng.integers(0, height), rng.integers(0, width)
    tall, wide = rng.integers(4, height // 2), rng.integers(4, width // 2)
    area = canvas[top : top + tall, left : left + wide]
    noisy = rng.random() < 0.25  # noqa: PLR2004 - a quarter of the areas are texture
    area[...] = rng.uniform(0, 255, area.shape if noisy else 3)
