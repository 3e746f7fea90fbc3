"""Peer: FastAPI around `ultralytics` predict, as its documentation shows it."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
import torch
from fastapi import FastAPI, UploadFile
from fastapi.responses import JSONResponse

from loadtest.peers.detection import answer
from loadtest.peers.settings import CONFIDENCE, IOU, MAX_DETECTIONS, PeerSettings

os.environ.update(YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true")


def create_app() -> FastAPI:
    """Make the application, configured by the environment; a worker process predicts one picture at a time."""
    from ultralytics import YOLO  # noqa: PLC0415 - it reads the variables above

    settings = PeerSettings.from_environment()
    model = YOLO(str(settings.model))
    app = FastAPI()

    def limit_threads() -> None:
        # OpenMP keeps the number per thread: it has to be set in the one that predicts.
        torch.set_num_threads(settings.threads)
        cv2.setNumThreads(settings.threads)

    # A model of ultralytics may be used by one thread only.
    pool = ThreadPoolExecutor(1, initializer=limit_threads)

    def detect(data: bytes) -> dict[str, Any]:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        result = model.predict(image, conf=CONFIDENCE, iou=IOU, max_det=MAX_DETECTIONS, verbose=False, device="cpu")[0]
        rows = [(row[:4], row[4], int(row[5])) for row in result.boxes.data.tolist()]
        return answer(rows, result.names)

    async def predict(file: UploadFile) -> JSONResponse:
        data = await file.read()
        return JSONResponse(await asyncio.get_running_loop().run_in_executor(pool, detect, data))

    app.post("/predict", response_model=None)(predict)
    return app
