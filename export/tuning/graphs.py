"""The engine's graph in the precisions that need one of their own; none is written here."""

from collections.abc import Mapping
from pathlib import Path

import onnx

from export.console import Console
from export.errors import CalibrationError
from export.layout import INT8_FILE, LABELS_FILE, MODEL_FILE, PREPROCESSING_FILE
from export.picture_folder import LEAST_PICTURES
from export.quantization.pictures import PictureFiles
from export.quantization.scheme import Scheme
from export.tuning.precision import LOWER

MOST_PICTURES = 50  # more take longer and change nothing that can be measured


class Graphs:
    """Makes each graph once, when it is asked for. `pictures` are what INT8 is calibrated on."""

    def __init__(self, engine: Path, pictures: PictureFiles, console: Console) -> None:
        self._engine, self._pictures, self._console = engine, pictures, console
        self._made: dict[Scheme, bytes] = {}

    def can_calibrate(self) -> bool:
        return len(self._pictures) >= LEAST_PICTURES

    def graph(self, precision: str) -> bytes | None:
        """Return the graph that a precision needs, None where it is the exported one.

        Raises:
            CalibrationError: fewer than `LEAST_PICTURES`, one that cannot be read, or a graph that cannot be quantized
        """
        scheme = LOWER[precision].scheme if precision in LOWER else None
        if scheme is None:
            return None
        if scheme not in self._made:
            self._made[scheme] = self._quantized(scheme)
        return self._made[scheme]

    def files(self, precision: str) -> Mapping[str, bytes] | None:
        """Return all that an engine's folder has to hold for a graph of its own, by path; None where it holds it."""
        graph = self.graph(precision)
        if graph is None:
            return None
        return {f"1/{INT8_FILE}": graph, LABELS_FILE: (self._engine / LABELS_FILE).read_bytes()}

    def pipeline_files(self, pipeline: Path, precision: str) -> Mapping[str, bytes] | None:
        """Return all that a pipeline's folder has to hold to run such a graph itself; None where it finds it."""
        graph = self.graph(precision)
        if graph is None:
            return None
        files = {path.relative_to(pipeline): path for path in pipeline.rglob("*") if path.is_file()}
        served = {str(name): path.read_bytes() for name, path in files.items() if _served(name)}
        return {**served, f"1/{INT8_FILE}": graph}

    def _quantized(self, scheme: Scheme) -> bytes:
        from export.quantization.cpu import quantized_for_cpu  # noqa: PLC0415 - ONNX Runtime, only inside the sandbox

        if not self.can_calibrate():
            raise CalibrationError(
                f"{len(self._pictures)} pictures are too few to calibrate INT8, at least {LEAST_PICTURES} are needed: "
                "name a folder of typical ones with --images"
            )
        taken = self._pictures[:: -(-len(self._pictures) // MOST_PICTURES)]
        with self._console.step(f"calibrate INT8 on {len(taken)} pictures ({scheme.ranges} ranges)"):
            try:
                model = onnx.load(self._engine / "1" / MODEL_FILE)
                made: bytes = quantized_for_cpu(model, taken, scheme).SerializeToString()
            except CalibrationError:
                raise
            except Exception as error:  # the quantizer raises whatever its parts do
                reason = (str(error) or type(error).__name__).splitlines()[0]
                raise CalibrationError(f"{self._engine.name} cannot be quantized: {reason}") from error
        return made


def _served(file: Path) -> bool:
    """Tell whether a file in a pipeline's folder is its own, and not a config or what Python has compiled."""
    return file.suffix != ".pyc" and (file.parts[0] == "1" or file.name in {LABELS_FILE, PREPROCESSING_FILE})
