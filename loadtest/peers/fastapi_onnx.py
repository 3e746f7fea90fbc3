"""Peer: FastAPI around ONNX Runtime FP32, with OpenCV before and after it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
from fastapi import FastAPI, UploadFile
from fastapi.responses import JSONResponse

from loadtest.peers.detection import best_classes, decode, detections, letterbox, planes
from loadtest.peers.engines import labels, open_engine
from loadtest.peers.settings import PeerSettings


def create_app() -> FastAPI:
    """Make the application, configured by the environment."""
    settings = PeerSettings.from_environment()
    cv2.setNumThreads(1)
    infer, names = open_engine(settings), labels(settings.model)
    # FastAPI's own pool would let forty predictions fight for the cores.
    pool = ThreadPoolExecutor(settings.concurrency)
    app = FastAPI()

    def detect(data: bytes) -> dict[str, Any]:
        fitted, fit = letterbox(decode(data), square=settings.square)
        candidates = best_classes(infer(planes(fitted))[0]) if settings.usual else infer(fitted[None])[0]
        return detections(candidates, fit, names)

    async def predict(file: UploadFile) -> JSONResponse:
        data = await file.read()
        return JSONResponse(await asyncio.get_running_loop().run_in_executor(pool, detect, data))

    # Annotations are strings here and refer to names that FastAPI finds in this module.
    app.post("/predict", response_model=None)(predict)
    return app
