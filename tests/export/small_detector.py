"""Write a checkpoint of a detector that is exported in a second; runs in the export environment.

python tests/export/small_detector.py FOLDER [STRIDE]

STRIDE is that of the finest of three feature maps, 8 if it is left out.
To the command it is what a user brings: a file of ultralytics, with another network and other classes in it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from export.catalog import YOLOV8N
from export.sandbox import sandbox

NAMES = ("circle", "line", "square", "triangle")
SURER = 7.0  # added to the raw scores of an untrained network, so that it is sure of much


def architecture_of(stride: int) -> dict[str, object]:
    layers = ((8, stride // 2), (16, 2), (16, 2), (16, 2))
    return {
        "nc": len(NAMES),
        "backbone": [[-1, 1, "Conv", [channels, 3, each]] for channels, each in layers],
        "head": [[[1, 2, 3], 1, "Detect", ["nc"]]],
    }


def main(folder: Path, stride: int = 8) -> None:
    """Write it under the name that the command looks for."""
    with sandbox():
        import torch

        from export import untrained

        architecture = folder / "yolov8small.yaml"  # ultralytics reads the version from the name
        architecture.write_text(json.dumps(architecture_of(stride)))  # which is YAML, too
        model = untrained.build(replace(YOLOV8N, name=str(architecture.with_suffix(""))))
        model.names = dict(enumerate(NAMES))
        for branch in model.model[-1].cv3:
            branch[-1].bias.data += SURER
        torch.save({"model": model}, folder / YOLOV8N.files[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
