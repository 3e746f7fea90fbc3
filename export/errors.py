"""Everything that can go wrong in an export and that its user can do something about.

ExportError
├── WeightsError
│   ├── WeightsUnavailableError   neither in the local folder nor from the official address
│   ├── ChecksumError             the download is not the official file
│   └── CheckpointError           the file is no checkpoint of this model
├── ParityError                   the graph or the plan and PyTorch disagree
├── ConfigError                   a serving profile does not fit the graph
├── CalibrationError              the pictures for INT8 cannot be used
├── TensorRTError                 a plan cannot be built, or does not run
│   └── TensorRTUnavailableError  there is no TensorRT here, or no GPU for it
└── TuningError                   an engine cannot be measured
    └── PrecisionError            a precision that was asked for does not fit the processor, or costs too much accuracy

The message is one line that says what to do; the command prints it and exits with code 1.
"""


class ExportError(Exception):
    """The base of all."""


class WeightsError(ExportError):
    """The weights cannot be used."""


class WeightsUnavailableError(WeightsError):
    """Neither in the local folder nor from the official address."""


class ChecksumError(WeightsError):
    """A downloaded file is not the one that was published."""


class CheckpointError(WeightsError):
    """A file is damaged, or holds another model than the one asked for."""


class ParityError(ExportError):
    """The ONNX graph, or the plan, does not compute what the PyTorch model computes."""


class ConfigError(ExportError):
    """A serving profile does not fit the graph it is meant for."""


class CalibrationError(ExportError):
    """The pictures that INT8 is calibrated with are too few, or cannot be read."""


class TensorRTError(ExportError):
    """TensorRT cannot build a plan, or cannot run it."""


class TensorRTUnavailableError(TensorRTError):
    """There is no TensorRT here, or no GPU that it can use."""


class TuningError(ExportError):
    """An engine cannot be measured: it, the pictures, the labels or Triton are not as they should be."""


class PrecisionError(TuningError):
    """A precision that was asked for does not fit the processor, or costs more accuracy than is allowed."""
