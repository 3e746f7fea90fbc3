"""Libraries are used as libraries: they must not install packages, call home, write into the home folder, or talk."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from tempfile import TemporaryDirectory


@contextmanager
def sandbox() -> Iterator[None]:
    """Import and use ultralytics and ONNX Runtime inside only: they read these variables once, when first used."""
    with TemporaryDirectory() as folder:
        os.environ.update(
            YOLO_CONFIG_DIR=folder,
            YOLO_AUTOINSTALL="false",
            YOLO_OFFLINE="true",
            YOLO_VERBOSE="false",
            ULTRALYTICS_SAFE_LOAD="true",  # a checkpoint is data: unpickle known classes only, run no code from it
            MPLCONFIGDIR=folder,
            ORT_DISABLE_TELEMETRY="1",  # on by default since ONNX Runtime has it on Linux
        )
        yield


@contextmanager
def silence() -> Iterator[None]:
    """Swallow what is printed inside; exceptions still say what went wrong."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        yield
