"""Peer: LitServe around ONNX Runtime FP32, with batches of squares. `python -m loadtest.peers.litserve_onnx PORT`."""

# No postponed annotations here: LitServe looks at the type of `request` itself.
import os
import sys
from typing import Any

import cv2
import litserve
import numpy as np
from fastapi import Request

from loadtest.peers.detection import Fit, best_classes, decode, detections, letterbox, planes
from loadtest.peers.engines import labels, open_engine
from loadtest.peers.settings import PeerSettings

Fitted = tuple[np.ndarray[Any, Any], Fit]


class Detector(litserve.LitAPI):  # type: ignore[misc]
    """Decodes and letterboxes each picture, predicts them in batches."""

    def setup(self, device: str) -> None:  # noqa: ARG002 - there is only the CPU
        settings = PeerSettings.from_environment()
        cv2.setNumThreads(1)
        self._infer, self._names = open_engine(settings), labels(settings.model)

    def decode_request(self, request: Request) -> Fitted:
        fitted, fit = letterbox(decode(request["file"].file.read()), square=True)
        return planes(fitted)[0], fit

    def batch(self, inputs: list[Fitted]) -> tuple[np.ndarray[Any, Any], list[Fit]]:
        return np.stack([image for image, _ in inputs]), [fit for _, fit in inputs]

    def predict(self, batch: tuple[np.ndarray[Any, Any], list[Fit]]) -> list[tuple[Any, Fit]]:
        images, fits = batch
        return list(zip(self._infer(images), fits, strict=True))

    def unbatch(self, output: list[tuple[Any, Fit]]) -> list[tuple[Any, Fit]]:
        return output

    def encode_response(self, output: tuple[Any, Fit]) -> dict[str, Any]:
        found, fit = output
        return detections(best_classes(found), fit, self._names)


def main() -> None:
    api = Detector(max_batch_size=int(os.environ.get("PEER_BATCH", "8")), batch_timeout=0.005)
    processes = int(os.environ.get("PEER_PROCESSES", "1"))
    server = litserve.LitServer(api, accelerator="cpu", workers_per_device=processes)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)


if __name__ == "__main__":
    main()
