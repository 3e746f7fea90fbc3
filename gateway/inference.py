"""One picture in, one answer out: the part that requests, jobs and streams have in common."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic

from gateway.admission import Admission
from gateway.call import Call
from gateway.catalogue import Catalogue
from gateway.errors import (
    BadParameter,
    DeadlineExceeded,
    EmptyFile,
    FieldError,
    NoPipeline,
    TooManyPixels,
    UnknownModel,
)
from gateway.headers import Size, read_size
from gateway.labels import OF_A_PICTURE
from gateway.metrics import Metrics
from gateway.pipelines import Pipeline
from gateway.tasks.base import AnswerT, ParametersT, Result, Task
from gateway.triton.client import TritonClient
from gateway.triton.tensors import Outputs, Tensor, blob, infer_request

IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Order(Generic[ParametersT, AnswerT]):
    """What is wanted: a task, its parameters, and the picture as an encoded file."""

    task: Task[ParametersT, AnswerT]
    parameters: ParametersT
    image: bytes


class Inference:
    def __init__(
        self, triton: TritonClient, catalogue: Catalogue, admission: Admission, max_pixels: int, metrics: Metrics
    ) -> None:
        self._triton = triton
        self._catalogue = catalogue
        self._admission = admission
        self._max_pixels = max_pixels
        self._metrics = metrics

    async def run(self, order: Order[ParametersT, AnswerT], call: Call) -> AnswerT:
        """Return the answer; cancelling this cancels the work at Triton.

        Raises `EmptyFile`, `NotAnImage`, `CorruptImage`, `TooManyPixels`, `UnknownModel`, `BadParameter` for what the
        pipeline does not take, and what `Admission.slot` and `TritonClient` raise.
        """
        try:
            return await self._run(order, call)
        except DeadlineExceeded:
            self._metrics.deadline_missed()
            raise
        finally:
            self._metrics.stages(OF_A_PICTURE, call.stages.elapsed_ms)

    async def _run(self, order: Order[ParametersT, AnswerT], call: Call) -> AnswerT:
        started = time.perf_counter()
        size = self.check(order.image)
        pipeline = await self._catalogue.find(order.task.name, order.parameters.model)
        call.facts.model = pipeline.engine
        self._metrics.picture(len(order.image), size.width * size.height)
        options = list(order.task.inputs(order.parameters))
        _refuse_unknown(options, pipeline)
        async with self._admission.slot(pipeline.name, call):
            request = infer_request(
                pipeline.name,
                [blob(IMAGE, order.image), *options],
                request_id=call.request_id,
                timeout_s=call.deadline.remaining(),
            )
            with call.stages.measure("infer"):
                response = await self._infer(request, pipeline, call)
        outputs = Outputs(response)
        answer = order.task.answer(Result(pipeline, outputs, call.stages.elapsed_ms["infer"], call.request_id))
        found = zip(outputs.strings("labels"), outputs.floats("scores"), strict=True)
        self._metrics.answered(pipeline.engine, time.perf_counter() - started, found)
        return answer

    async def _infer(self, request: Any, pipeline: Pipeline, call: Call) -> Any:
        try:
            return await self._triton.infer(request, call.deadline)
        except UnknownModel:
            # Triton says so too while it stops or starts, of models that it will have again.
            await self._catalogue.renew()
            if self._catalogue.lists(pipeline):
                raise NoPipeline from None
            raise

    def check(self, image: bytes) -> Size:
        """Refuse, by the first bytes, what need not be sent to Triton; return the size of what need."""
        if not image:
            raise EmptyFile
        size = read_size(image)
        if size.width * size.height > self._max_pixels:
            raise TooManyPixels(
                f"The picture has {size.width}x{size.height} pixels; at most {self._max_pixels} are accepted."
            )
        return size


def _refuse_unknown(options: Iterable[Tensor], pipeline: Pipeline) -> None:
    unknown = [FieldError(option.name, "not taken by this model") for option in options]
    unknown = [error for error in unknown if error.field not in pipeline.inputs]
    if unknown:
        raise BadParameter(f"{pipeline.name} does not take every parameter that was given.", fields=tuple(unknown))
