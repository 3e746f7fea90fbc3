"""Detection by hand: decode, letterbox and suppress with OpenCV, as people write it around ONNX Runtime."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np

from loadtest.peers.settings import CONFIDENCE, IOU, MAX_DETECTIONS

Array = np.ndarray[Any, Any]
SIZE, STRIDE, GREY = 640, 32, 114


class Fit(NamedTuple):
    """How a picture was fitted: the scale, the padding in pixels, and the size of the picture."""

    gain: float
    left: int
    top: int
    width: int
    height: int


def decode(data: bytes) -> Array:
    """Decode a picture file to uint8 [height, width, 3], RGB."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))


def letterbox(image: Array, *, square: bool) -> tuple[Array, Fit]:
    """Scale the longer side to 640 pixels and pad: to a square, or only to the next multiple of 32."""
    height, width = image.shape[:2]
    gain = SIZE / max(height, width)
    inner_width, inner_height = round(width * gain), round(height * gain)
    outer_width, outer_height = (
        SIZE if square else -(-side // STRIDE) * STRIDE for side in (inner_width, inner_height)
    )
    left, top = (outer_width - inner_width) // 2, (outer_height - inner_height) // 2
    resized = cv2.resize(image, (inner_width, inner_height), interpolation=cv2.INTER_LINEAR)
    right, bottom = outer_width - inner_width - left, outer_height - inner_height - top
    padded = cv2.copyMakeBorder(resized, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(GREY, GREY, GREY))
    return np.asarray(padded), Fit(gain, left, top, width, height)


def planes(fitted: Array) -> Array:
    """Return uint8 [height, width, 3] as the FP32 [1, 3, height, width] from 0 to 1 that the usual graph takes."""
    return np.asarray(cv2.dnn.blobFromImage(fitted, 1 / 255))


def best_classes(output: Array) -> Array:
    """Turn the usual graph's FP32 [4 + classes, A] into the candidates above the threshold, [K, 6]."""
    scores = output[4:]
    best = scores.max(axis=0)
    chosen = np.flatnonzero(best > CONFIDENCE)
    classes = scores[:, chosen].argmax(axis=0).astype(np.float32)
    return np.concatenate([output[:4, chosen].T, best[chosen, None], classes[:, None]], axis=1)


def detections(candidates: Array, fit: Fit, names: list[str]) -> dict[str, Any]:
    """Turn candidates FP32 [K, 6] (centre x, centre y, width, height, score, class) into the answer."""
    chosen = candidates[candidates[:, 4] > CONFIDENCE]
    corners = np.concatenate([chosen[:, :2] - chosen[:, 2:4] / 2, chosen[:, 2:4]], axis=1)
    classes = chosen[:, 5].astype(np.int32)
    suppress: Any = cv2.dnn.NMSBoxesBatched  # its types know lists only
    kept = suppress(corners, chosen[:, 4], classes, CONFIDENCE, IOU)[:MAX_DETECTIONS]
    limits = (fit.width, fit.height, fit.width, fit.height)
    offset = (fit.left, fit.top, fit.left, fit.top)
    rows = []
    for index in kept:
        x, y, width, height = corners[index]
        box = (np.array([x, y, x + width, y + height]) - offset) / fit.gain
        rows.append((np.clip(box, 0, limits).tolist(), float(chosen[index, 4]), int(classes[index])))
    return answer(rows, names)


def answer(rows: list[tuple[list[float], float, int]], names: list[str] | dict[int, str]) -> dict[str, Any]:
    """Return rows of box, confidence and class in the gateway's form."""
    return {
        "detections": [
            {
                "x_min": round(box[0], 3),
                "y_min": round(box[1], 3),
                "x_max": round(box[2], 3),
                "y_max": round(box[3], 3),
                "confidence": round(confidence, 6),
                "class_id": class_id,
                "label": names[class_id],
            }
            for box, confidence, class_id in rows
        ]
    }
