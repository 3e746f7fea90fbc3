"""Picture files as the frameworks read them that the networks come from: nothing is shared with the pipelines.

Heavy libraries are imported only when a picture is read, and inside the sandbox.
"""

from functools import partial
from pathlib import Path

import numpy as np

from export.catalog import ModelSpec
from export.errors import CalibrationError
from export.pixels import Pixels
from export.quantization.pictures import Prepare
from export.step_data import resize_for


def preparation(spec: ModelSpec, provenance: str, *, square: bool) -> Prepare:
    """Return what reads pictures for a model: for detection as a square, or as the smallest rectangle.

    Args:
        spec: which task, and the side of the square
        provenance: of the weights; others than the official ones are used to another resize
        square: a GPU sees squares
    """
    if spec.task == "detect":
        return partial(_letterboxed, side=spec.image_size, square=square)
    return partial(_cropped, resized=resize_for(provenance), side=spec.image_size)


def _letterboxed(path: Path, side: int, *, square: bool) -> Pixels:
    import cv2  # noqa: PLC0415
    from ultralytics.data.augment import LetterBox  # noqa: PLC0415

    image = cv2.imread(str(path))
    if image is None:
        raise CalibrationError(f"{path} is no picture that can be read")
    fitted = LetterBox((side, side), auto=not square)(image=image)
    return np.ascontiguousarray(fitted[None, ..., ::-1])


def _cropped(path: Path, resized: int, side: int) -> Pixels:
    """Do what torchvision's preset does before it makes numbers of pixels."""
    from PIL import Image  # noqa: PLC0415
    from torchvision.transforms.functional import center_crop, resize  # noqa: PLC0415

    try:
        with Image.open(path) as image:
            picture = center_crop(resize(image.convert("RGB"), [resized]), [side])
    except OSError as error:
        raise CalibrationError(f"{path} is no picture that can be read: {error}") from error
    except ImportError as error:  # ultralytics, once imported, looks for a plugin where PIL does not know the format
        raise CalibrationError(f"{path} is no picture that can be read: PIL does not know its format") from error
    return np.asarray(picture)[None]
