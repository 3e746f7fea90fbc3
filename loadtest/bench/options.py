"""The command line of the benchmark."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtest.bench.systems import PRECISIONS

if TYPE_CHECKING:
    from loadtest.bench.systems import Precision


@dataclass(frozen=True)
class Options:
    """What to measure, on what, for how long, and where the report goes."""

    weights: Path
    images: Path
    calibration: Path
    labels: Path | None
    class_labels: Path | None
    precisions: tuple[Precision, ...]
    only: tuple[str, ...]
    clients: tuple[int, ...]
    rounds: int
    seconds: float
    patience: int
    pictures: int
    allow_untrained: bool
    output: Path
    work: Path

    def wants(self, name: str) -> bool:
        return not self.only or any(fnmatch(name, pattern) for pattern in self.only)

    def judging(self) -> list[Path]:
        """Return the folders of the pictures that speed, agreement and accuracy are measured with."""
        return [self.images, *([self.class_labels.parent / "images"] if self.class_labels else [])]

    def told(self, pictures: int) -> dict[str, Any]:
        """Return what the report says about the run: no folder of this machine."""
        return {
            "pictures": pictures,
            "rounds": self.rounds,
            "interrupted": False,
            "seconds": self.seconds,
            "patience": self.patience,
            "clients": list(self.clients),
            "precisions": list(self.precisions),
            "only": list(self.only),
        }


QUICK = {"rounds": 1, "seconds": 2.0, "clients": (1, 8), "pictures": 16}


def parse(arguments: list[str] | None = None, usual: tuple[Precision, ...] = PRECISIONS) -> Options:
    """Read the command line; `--quick` changes defaults, what is given explicitly stays.

    `usual` are the precisions that are measured unless some are named.
    """
    parser = _parser(usual)
    quick = parser.parse_known_args(arguments)[0].quick
    if quick:
        parser.set_defaults(**QUICK)
    given = vars(parser.parse_args(arguments))
    del given["quick"]
    precisions = given.pop("precision")
    given["precisions"] = tuple(one for one in PRECISIONS if one in precisions)
    if given["calibration"] and "int8" not in precisions:
        parser.error(f"--calibration is for --precision int8, not {' and '.join(given['precisions'])}")
    given["calibration"] = given["calibration"] or given["images"]
    given["only"], given["clients"] = tuple(given["only"] or ()), tuple(given["clients"])
    return Options(**given)


def _parser(usual: tuple[Precision, ...]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtest.bench", description="Measure the stack beside what people would write instead.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    add = parser.add_argument
    add("--images", type=Path, required=True, help="folder of JPEG pictures to send")
    add("--weights", type=Path, default=Path("weights"), help="folder with yolov8n.pt and resnet50.pth")
    add("--allow-untrained", action="store_true", help="go on without one of them; speed does not depend on it")
    add("--precision", choices=PRECISIONS, nargs="+", default=usual, help="of the stack's engines; peers have FP32")
    add("--calibration", type=Path, help="folder of pictures to calibrate int8 on; those of --images unless given")
    add("--labels", type=Path, help="COCO instances.json of the pictures: mAP50-95 guards a lower precision")
    add("--class-labels", type=Path, help="lines `file class`, files in images/ beside it: top-1 guards it too")
    add(
        "--only", action="append", metavar="PATTERN", help="systems by name, such as 'detect-*' or litserve; repeatable"
    )
    add("--clients", type=int, nargs="+", default=(1, 8, 32, 128), help="clients at a time")
    add("--rounds", type=int, default=3, help="times that every system gets its turn")
    add("--seconds", type=float, default=5.0, help="length of a counted window")
    add("--patience", type=int, default=2, help="times a window is measured again because others used the machine")
    add("--pictures", type=int, default=48, help="pictures of the folder to use")
    add("--quick", action="store_true", help="a few minutes: one round, 2 s, 1 and 8 clients, 16 pictures")
    add("--output", type=Path, default=Path("docs/benchmarks"), help="report: .md, .json and .svg are appended")
    add("--work", type=Path, default=Path(".cache/bench"), help="folder for models and logs")
    return parser
