from __future__ import annotations

import numpy as np
import pytest
from cropping import CenterCrop
from PIL import Image

from tests.model_repository.pictures import Pixels, scene


def reference(pixels: Pixels, resize: int, crop: int) -> Pixels:
    """Do it in two steps, as torchvision does: resize the whole picture, then cut."""
    height, width = pixels.shape[:2]
    size = (resize, int(resize * height / width)) if width <= height else (int(resize * width / height), resize)
    resized = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    left, top = round((size[0] - crop) / 2), round((size[1] - crop) / 2)
    return np.asarray(resized.crop((left, top, left + crop, top + crop)))


@pytest.mark.parametrize(
    "picture", [(480, 640), (333, 500), (500, 333), (224, 224), (64, 48), (1500, 1000), (100, 2000)]
)
@pytest.mark.parametrize("resize", [232, 256])
def test_it_equals_resizing_and_cutting(picture: tuple[int, int], resize: int) -> None:
    pixels = scene(*picture)
    cropped = CenterCrop(resize, 224)(pixels)
    assert cropped.shape == (1, 224, 224, 3)
    difference = np.abs(cropped[0].astype(int) - reference(pixels, resize, 224))
    assert difference.max() <= 2
    assert difference.mean() < 0.03


@pytest.mark.parametrize("picture", [(1, 1), (1, 4000), (4000, 1)])
def test_extreme_pictures_have_a_result(picture: tuple[int, int]) -> None:
    assert CenterCrop(256, 224)(scene(*picture)).shape == (1, 224, 224, 3)


def test_a_crop_larger_than_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be smaller"):
        CenterCrop(200, 224)
