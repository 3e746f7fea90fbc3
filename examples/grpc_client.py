"""Detect objects straight through Triton, over gRPC: python examples/grpc_client.py photo.jpg."""

import sys
from pathlib import Path

import numpy as np
import tritonclient.grpc as triton

client = triton.InferenceServerClient("127.0.0.1:8001")
image = triton.InferInput("image", [1], "BYTES")
image.set_data_from_numpy(np.array([Path(sys.argv[1]).read_bytes()], dtype=object))
confidence = triton.InferInput("confidence", [1], "FP32")  # optional, as are iou, max_detections and classes
confidence.set_data_from_numpy(np.array([0.4], dtype=np.float32))

answer = client.infer("detect", [image, confidence], client_timeout=10)
found = zip(*(answer.as_numpy(name) for name in ("labels", "scores", "boxes")), strict=True)
for label, score, box in found:
    print(f"{label.decode():15} {score:.3f} {box.astype(int).tolist()}")
