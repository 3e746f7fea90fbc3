"""What a peer is told, by environment variables: uvicorn's worker processes inherit nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

CONFIDENCE, IOU, MAX_DETECTIONS, TOP_K = 0.25, 0.7, 300, 5


@dataclass(frozen=True)
class PeerSettings:
    """The model file, the number of predictions at a time in each process, and the threads of each prediction."""

    model: Path
    concurrency: int = 1
    threads: int = 1
    square: bool = True
    engine: str = "onnxruntime"
    usual: bool = True
    """Whether the detector's graph is the one that ultralytics exports, or this project's."""

    @classmethod
    def from_environment(cls) -> PeerSettings:
        """Read PEER_MODEL, PEER_CONCURRENCY, PEER_THREADS, PEER_SHAPE, PEER_ENGINE and PEER_GRAPH."""
        read = os.environ.get
        return cls(
            model=Path(os.environ["PEER_MODEL"]),
            concurrency=int(read("PEER_CONCURRENCY", "1")),
            threads=int(read("PEER_THREADS", "1")),
            square=read("PEER_SHAPE", "square") == "square",
            engine=read("PEER_ENGINE", "onnxruntime"),
            usual=read("PEER_GRAPH", "usual") == "usual",
        )
