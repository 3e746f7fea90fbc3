"""Peer: FastAPI around ResNet50 in FP32 on ONNX Runtime or OpenVINO, with torchvision's preprocessing in Pillow."""

from __future__ import annotations

import asyncio
import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from fastapi import FastAPI, UploadFile
from fastapi.responses import JSONResponse
from PIL import Image

from loadtest.peers.engines import labels, open_engine
from loadtest.peers.settings import TOP_K, PeerSettings

RESIZE, CROP = 256, 224


def crop(data: bytes) -> np.ndarray[Any, Any]:
    """Resize the shorter side to 256 pixels and cut out the middle: uint8 [1, 224, 224, 3]."""
    with Image.open(io.BytesIO(data)) as image:
        scale = RESIZE / min(image.size)
        width, height = (int(side * scale) for side in image.size)
        resized = image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - CROP) / 2), round((height - CROP) / 2)
    return np.asarray(resized.crop((left, top, left + CROP, top + CROP)))[None]


def create_app() -> FastAPI:
    """Make the application, configured by the environment."""
    settings = PeerSettings.from_environment()
    infer, names = open_engine(settings), labels(settings.model)
    pool = ThreadPoolExecutor(settings.concurrency)
    app = FastAPI()

    def classify(data: bytes) -> dict[str, Any]:
        probabilities = infer(crop(data))[0]
        best = np.argsort(-probabilities, kind="stable")[:TOP_K].tolist()
        return {
            "classifications": [
                {"class_id": index, "confidence": round(float(probabilities[index]), 6), "label": names[index]}
                for index in best
            ]
        }

    async def predict(file: UploadFile) -> JSONResponse:
        data = await file.read()
        return JSONResponse(await asyncio.get_running_loop().run_in_executor(pool, classify, data))

    app.post("/predict", response_model=None)(predict)
    return app
