"""What the pipelines have in common: a picture file comes in, an engine is asked, refusals are told.

Shared by the pipelines: their folders hold a link to this one.
"""

from __future__ import annotations

import json
import os
import time
import traceback
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import triton_python_backend_utils as pb_utils
from engine import Client, EngineError
from engine_inside import Folder, Interface, engine_of
from picture_queue import PictureQueue, QueuePolicy
from queue_times import QueueTimes
from stage_times import StageTimes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from picture_sizes import Size
    from stage_times import Stopwatch


class PicturePipeline(ABC):
    """Parameters of all pipelines: those of `engine_of` and `QueuePolicy`, and `max_pixels` of a picture.

    `labels.txt`, one class per line, is written into the pipeline's folder by the export of the engine.
    """

    output: str
    """The engine's output."""

    sizes: Sequence[Size] = ()
    """The only heights and widths of what the engine will see; any where there are none."""

    @abstractmethod
    def configure(self, parameters: dict[str, str], folder: Path) -> None:
        """Read the parameters of the configuration, and files of the model's folder; may set `sizes`."""

    @abstractmethod
    def answer(self, client: Client, watch: Stopwatch) -> list[Any]:
        """Turn a request into the output tensors, in the stages that `stage_times` knows; from any thread."""

    def initialize(self, args: dict[str, str]) -> None:
        config, folder = json.loads(args["model_config"]), Path(args["model_repository"])
        parameters = {key: value["string_value"] for key, value in config["parameters"].items()}
        # OpenCV reads its limit once, when it is loaded: hence the imports here.
        os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", parameters["max_pixels"])
        import cv2  # noqa: PLC0415
        import decoding  # noqa: PLC0415

        # Parallelism comes from requests; threads of one would only fight those of the engine.
        cv2.setNumThreads(1)
        self._decode, self._refusal = decoding.decode, decoding.ImageError
        self._times = StageTimes(args["model_name"])
        names = (folder / "labels.txt").read_text("utf-8").splitlines()
        self.labels = np.array([name.encode() for name in names], dtype=object)
        self.configure(parameters, folder)
        place = Folder(args["model_name"], folder, args["model_version"])
        self._engine = engine_of(place, parameters, Interface(self.output, self.sizes))
        self._queue: PictureQueue | None = None
        if self._engine.at_once:
            self._policy = QueuePolicy.of(parameters)
            self._queue = PictureQueue(self._engine.at_once, self._policy)
            self._queue_times = QueueTimes(args["model_name"])
            # Talks to Triton while others compute: every word waits for an answer, and who sleeps on busy cores is
            # woken beside somebody who computes.
            self._clerk = ThreadPoolExecutor(1)
            self._reports = _periodic(self._report)

    def execute(self, requests: list[Any]) -> list[Any] | None:
        now, queue = time.perf_counter(), self._queue
        if queue is None:
            responses = [self._respond(Client(request, now)) for request in requests]
            self._report()
            return responses
        for request in requests:
            sender = request.get_response_sender()
            try:
                queue.begin(partial(self._work, queue, request, now, sender), len(_picture(request)))
            except EngineError as error:
                self._queue_times.refused()
                _send(sender, _failed(str(error), error.code))
        return None

    def finalize(self) -> None:
        if self._queue:
            if self._reports:
                self._reports.end()
            self._queue.shutdown()
            self._clerk.shutdown()

    def decode(self, request: Any) -> Any:
        """Return the request's picture: RGB pixels, uint8 [height, width, 3]."""
        return self._decode(_picture(request))

    def infer(self, client: Client, images: Any) -> Any:
        """Return what the engine says; raises `EngineError`, also when the client has left."""
        return self._engine(client, images)

    def _work(self, queue: PictureQueue, request: Any, since: float, sender: Any) -> None:
        timeout = self._policy.default_timeout_microseconds
        client = Client(request, since, self._clerk, timeout, is_alone=lambda: queue.alone)
        self._queue_times.waited(client.waited)
        self._clerk.submit(_send, sender, self._respond(client))
        if self._reports is None:
            self._clerk.submit(self._report)

    def _respond(self, client: Client) -> Any:
        try:
            client.require_after_waiting()
            with self._times.counted() as watch:
                return pb_utils.InferenceResponse(self.answer(client, watch))
        except self._refusal as error:
            # Clients tell refusals apart by the marker; the words are for people.
            return _failed(f"[{error.marker}] {error}", pb_utils.TritonError.INVALID_ARG)
        except EngineError as error:
            return _failed(str(error), error.code)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits has to be told
            pb_utils.Logger.log_error(traceback.format_exc())
            return _failed(f"{type(error).__name__}: {error}", pb_utils.TritonError.INTERNAL)

    def _report(self) -> None:
        self._times.report()
        self._engine.report()
        if self._queue:
            self._queue_times.report(self._queue.waiting)


def _periodic(report: Callable[[], None]) -> Any:
    """Report now and then, where our backends' files lie beside Triton's; None: after each picture, then."""
    if find_spec("periodic") is None:
        return None
    from periodic import Periodic  # noqa: PLC0415 - lies beside it

    return Periodic(report)


def _send(sender: Any, response: Any) -> None:
    final = pb_utils.TRITONSERVER_RESPONSE_COMPLETE_FINAL
    try:
        sender.send(response, flags=final)
    except Exception as error:  # noqa: BLE001 - an answer for which shared memory has no room
        sender.send(_failed(f"the answer cannot be sent: {error}", pb_utils.TritonError.INTERNAL), flags=final)


def tensor(request: Any, name: str) -> Any:
    """Return an input as an array, None where an optional one was left out."""
    found = pb_utils.get_input_tensor_by_name(request, name)
    return None if found is None else found.as_numpy()


def _picture(request: Any) -> bytes:
    file: bytes = tensor(request, "image").item()
    return file


def scalar(request: Any, name: str, default: float) -> float:
    value = tensor(request, name)
    return default if value is None else float(value[0])


def _failed(message: str, code: Any) -> Any:
    return pb_utils.InferenceResponse([], pb_utils.TritonError(message, code))
